//! `/log-in` and `/log-out`.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tera::Context;

use super::field::{email, password};
use super::filled::Filled;
use super::form::Form;
use super::visitor::{Visitor, see};
use super::{Pages, error, local};
use crate::hbnb::account::log_in::LogIn;
use crate::hbnb::account::throttle::Wait;
use crate::hbnb::account::{Address, Error};

/// What follows a sign-up, whether or not it made an account.
const AFTER_SIGN_UP: &str = "/log-in?signed_up=1";
const WELCOME: &str = "Thank you. If this email address was new to us, your account is ready: log in with the password that \
     you chose. If you had an account before, nothing changed: its own password holds.";
const WRONG: &str = "Email and password do not belong together. Perhaps one of them is mistyped.";

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    next: String,
    signed_up: String,
}

impl Asked {
    /// Where to go afterwards, if that is a page of ours.
    pub fn next(&self) -> Option<&str> {
        local::path(&self.next)
    }
}

/// Where to go after a sign-up that came from a page `next`, or nothing.
pub fn after_sign_up(next: &str) -> String {
    match next {
        "" => AFTER_SIGN_UP.into(),
        next => local::with_next("/log-in", Some(next)) + "&signed_up=1",
    }
}

/// The empty form; who is logged in goes on.
pub async fn page(
    State(pages): State<Pages>,
    visitor: Visitor,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    if visitor.person.is_some() {
        return see(asked.next().unwrap_or("/account"));
    }
    let mut form = Form::new(&visitor, "/log-in", "Log in");
    form.next = asked.next().unwrap_or_default().into();
    form.fields = vec![email(), password("password", "Password")];
    let notice = if asked.signed_up.is_empty() { "" } else { WELCOME };
    visitor.answer(shown(&pages, StatusCode::OK, &form, notice))
}

/// Logs in and goes on to where one wanted to be. Errors: 422 with the form, 429 after too many attempts.
pub async fn send(State(pages): State<Pages>, filled: Filled) -> Response {
    let mut form = Form::new(&filled.visitor, "/log-in", "Log in");
    form.next = local::path(filled.text("next")).unwrap_or_default().into();
    form.fields = vec![
        email().filled(filled.word("email")),
        password("password", "Password").filled(filled.text("password")),
    ];
    let came = match form.is_fine() {
        true => logged_in(&pages, &filled, &form.next).await,
        false => Ok(Err(LogIn::Nobody)),
    };
    match came {
        Ok(Ok(answer)) => answer,
        Ok(Err(LogIn::Later(wait))) => {
            form.alert = later(wait);
            refused(wait, filled.visitor.answer(shown(&pages, StatusCode::TOO_MANY_REQUESTS, &form, "")))
        }
        Ok(Err(_)) => {
            if form.is_fine() {
                form.alert = WRONG.into();
            }
            filled.visitor.answer(shown(&pages, StatusCode::UNPROCESSABLE_ENTITY, &form, ""))
        }
        Err(cause) => error::account(&cause),
    }
}

async fn logged_in(pages: &Pages, filled: &Filled, next: &str) -> Result<Result<Response, LogIn>, Error> {
    let visitor = &filled.visitor;
    let address = Address::known(filled.word("email"));
    let password = filled.text("password").to_string();
    let user = match pages.accounts.log_in(&visitor.key, &address, password, visitor.client).await? {
        LogIn::User(user) => user,
        other => return Ok(Err(other)),
    };
    let session = pages.accounts.begin(&user, &visitor.session).await?;
    Ok(Ok(visitor.logged_in(&session, local::path(next).unwrap_or("/account"))))
}

/// Logs out and goes to the first page.
pub async fn log_out(State(pages): State<Pages>, filled: Filled) -> Response {
    match pages.accounts.log_out(&filled.visitor.session).await {
        Ok(()) => filled.visitor.logged_out("/"),
        Err(cause) => error::account(&cause),
    }
}

/// What people are told who tried too often.
pub fn later(Wait(seconds): Wait) -> String {
    match (seconds + 59) / 60 {
        1 => "Too many attempts. Please try again in a minute.".into(),
        minutes => format!("Too many attempts. Please try again in {minutes} minutes."),
    }
}

/// The page of a 429, which says when to try again.
pub fn refused(Wait(seconds): Wait, page: Response) -> Response {
    ([(header::RETRY_AFTER, seconds.to_string())], page).into_response()
}

fn shown(pages: &Pages, status: StatusCode, form: &Form, notice: &str) -> Response {
    let mut values = Context::new();
    values.insert("title", "Log in");
    values.insert("notice", notice);
    values.insert("form", form);
    values.insert("question", "New here?");
    values.insert("answer", "Sign up");
    let next = Some(form.next.as_str()).filter(|next| !next.is_empty());
    values.insert("other", &local::with_next("/sign-up", next));
    pages.templates.page_with(status, "entry.html", &values)
}
