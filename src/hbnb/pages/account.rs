//! `/account`: who one is, another name, another password, and out.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use tera::Context;

use super::field::{chosen, names, new_password, password};
use super::filled::Filled;
use super::form::Form;
use super::log_in::{later, refused};
use super::visitor::{Visitor, first_log_in, see};
use super::{Pages, error};
use crate::hbnb::account::throttle::Wait;
use crate::hbnb::account::{Address, Error};
use crate::hbnb::storage::session::Person;

/// What a form that is filled in wrongly is answered with.
const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// What the address says: what was saved a moment ago.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    saved: String,
}

/// The page; who is not logged in does that first.
pub async fn page(
    State(pages): State<Pages>,
    visitor: Visitor,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    let Some(person) = &visitor.person else { return first_log_in("/account") };
    let notice = match asked.saved.as_str() {
        "name" => "Your name is saved.",
        "password" => "Your password is changed. Wherever else you were logged in, you are not any more.",
        _ => "",
    };
    let forms = [name_form(&visitor, person), password_form(&visitor)];
    visitor.answer(shown(&pages, StatusCode::OK, person, &forms, notice))
}

/// Changes the name.
pub async fn rename(State(pages): State<Pages>, filled: Filled) -> Response {
    let Some(person) = &filled.visitor.person else { return first_log_in("/account") };
    let (first_name, last_name) = (filled.word("first_name"), filled.word("last_name"));
    let mut form = Form::new(&filled.visitor, "/account", "Save name");
    let [first, last] = names();
    form.fields = vec![first.filled(first_name), last.filled(last_name)];
    if !form.is_fine() {
        let forms = [form, password_form(&filled.visitor)];
        return filled.visitor.answer(shown(&pages, WRONG, person, &forms, ""));
    }
    match pages.accounts.rename(&person.id, first_name, last_name).await {
        Ok(()) => see("/account?saved=name"),
        Err(cause) => error::account(&cause),
    }
}

/// What became of a wish for another password.
enum Change {
    /// It is changed, and this is the answer.
    Done(Response),
    /// The present one was another.
    Wrong,
    /// Too many tried.
    Later(Wait),
}

/// Changes the password; only this browser stays logged in, with a new session.
pub async fn change_password(State(pages): State<Pages>, filled: Filled) -> Response {
    let Some(person) = &filled.visitor.person else { return first_log_in("/account") };
    let mut form = password_form(&filled.visitor);
    form.fields = vec![
        password("present", "Present password").filled(filled.text("present")),
        chosen("new", "New password", filled.text("new")),
    ];
    let change = match form.is_fine() {
        true => changed(&pages, &filled, person).await,
        false => Ok(Change::Wrong),
    };
    let wait = match change {
        Ok(Change::Done(answer)) => return answer,
        Ok(Change::Wrong) => None,
        Ok(Change::Later(wait)) => Some(wait),
        Err(cause) => return error::account(&cause),
    };
    match wait {
        Some(wait) => form.alert = later(wait),
        None if form.is_fine() => form.fields[0].error = "This is not your present password.".into(),
        None => {}
    }
    let forms = [name_form(&filled.visitor, person), form];
    let status = if wait.is_some() { StatusCode::TOO_MANY_REQUESTS } else { WRONG };
    let page = filled.visitor.answer(shown(&pages, status, person, &forms, ""));
    match wait {
        Some(wait) => refused(wait, page),
        None => page,
    }
}

async fn changed(pages: &Pages, filled: &Filled, person: &Person) -> Result<Change, Error> {
    let (visitor, accounts) = (&filled.visitor, &pages.accounts);
    let address = Address::known(&person.email);
    let attempt = match accounts.attempt(&visitor.key, &address.folded, visitor.client).await? {
        Ok(attempt) => attempt,
        Err(wait) => return Ok(Change::Later(wait)),
    };
    let (present, new) = (filled.text("present").to_string(), filled.text("new").to_string());
    if !accounts.change_password(&person.id, present, new).await? {
        return Ok(Change::Wrong);
    }
    accounts.succeeded(&attempt).await?;
    let session = accounts.begin(&person.id, &visitor.session).await?;
    Ok(Change::Done(visitor.logged_in(&session, "/account?saved=password")))
}

fn name_form(visitor: &Visitor, person: &Person) -> Form {
    let [mut first, mut last] = names();
    first.value.clone_from(&person.first_name);
    last.value.clone_from(&person.last_name);
    let mut form = Form::new(visitor, "/account", "Save name");
    form.fields = vec![first, last];
    form
}

fn password_form(visitor: &Visitor) -> Form {
    let mut form = Form::new(visitor, "/account/password", "Change password");
    form.fields = vec![password("present", "Present password"), new_password("new", "New password")];
    form
}

fn shown(pages: &Pages, status: StatusCode, person: &Person, forms: &[Form; 2], notice: &str) -> Response {
    let mut values = Context::new();
    values.insert("person", person);
    values.insert("notice", notice);
    values.insert("name_form", &forms[0]);
    values.insert("password_form", &forms[1]);
    values.insert("token", &forms[0].token);
    pages.templates.page_with(status, "account.html", &values)
}
