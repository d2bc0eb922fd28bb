//! `/sign-up`: a new account.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use tera::Context;

use super::field::{chosen, names, new_email, new_password};
use super::filled::Filled;
use super::form::Form;
use super::visitor::{Visitor, see};
use super::{Pages, error, local, log_in};
use crate::hbnb::account::sign_up::Wish;
use crate::hbnb::account::throttle::Wait;
use crate::hbnb::account::{Address, Error};

/// The empty form; who is logged in goes on to the account.
pub async fn page(
    State(pages): State<Pages>,
    visitor: Visitor,
    asked: Result<Query<log_in::Asked>, QueryRejection>,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    if visitor.person.is_some() {
        return see(asked.next().unwrap_or("/account"));
    }
    let mut form = Form::new(&visitor, "/sign-up", "Sign up");
    form.next = asked.next().unwrap_or_default().into();
    let [first_name, last_name] = names();
    form.fields = vec![first_name, last_name, new_email(), new_password("password", "Password")];
    visitor.answer(shown(&pages, StatusCode::OK, &form))
}

/// Makes the account, and leads on to logging in. Whether the address was taken is told neither here nor there: who owns it
/// knows, and for everybody else it is none of their business.
pub async fn send(State(pages): State<Pages>, filled: Filled) -> Response {
    let address = Address::new(filled.word("email"));
    let [first_name, last_name] = names();
    let mut form = Form::new(&filled.visitor, "/sign-up", "Sign up");
    form.next = local::path(filled.text("next")).unwrap_or_default().into();
    form.fields = vec![
        first_name.filled(filled.word("first_name")),
        last_name.filled(filled.word("last_name")),
        new_email()
            .filled(filled.word("email"))
            .unless(address.is_some(), "This is no email address, like ann@example.com."),
        chosen("password", "Password", filled.text("password")),
    ];
    let Some(address) = address.filter(|_| form.is_fine()) else {
        return filled.visitor.answer(shown(&pages, StatusCode::UNPROCESSABLE_ENTITY, &form));
    };
    match signed_up(&pages, &filled, address).await {
        Ok(None) => see(&log_in::after_sign_up(&form.next)),
        Ok(Some(wait)) => {
            form.alert = log_in::later(wait);
            log_in::refused(wait, filled.visitor.answer(shown(&pages, StatusCode::TOO_MANY_REQUESTS, &form)))
        }
        Err(cause) => error::account(&cause),
    }
}

async fn signed_up(pages: &Pages, filled: &Filled, address: Address) -> Result<Option<Wait>, Error> {
    let wait = pages.accounts.may_sign_up(&filled.visitor.key, filled.visitor.client).await?;
    if wait.is_some() {
        return Ok(wait);
    }
    let wish = Wish {
        address,
        first_name: filled.word("first_name").into(),
        last_name: filled.word("last_name").into(),
    };
    pages.accounts.sign_up(wish, filled.text("password").into()).await?;
    Ok(None)
}

fn shown(pages: &Pages, status: StatusCode, form: &Form) -> Response {
    let mut values = Context::new();
    values.insert("title", "Sign up");
    values.insert("notice", "");
    values.insert("form", form);
    values.insert("question", "You have an account?");
    values.insert("answer", "Log in");
    let next = Some(form.next.as_str()).filter(|next| !next.is_empty());
    values.insert("other", &local::with_next("/log-in", next));
    pages.templates.page_with(status, "entry.html", &values)
}
