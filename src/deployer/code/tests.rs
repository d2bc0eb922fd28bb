//! Code from a directory, an archive and a repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::*;
use crate::base::source::{Source, Span};
use crate::base::yaml::Spanned;
use crate::deployer::stack::Python;

fn wsgi(target: &str, origin: Origin) -> Wsgi {
    let span = Span::new(&Source::new("inventory.yml", "text"), 1, 1, 1);
    let requirements = Some(Spanned { value: "requirements.txt".into(), span: span.clone() });
    Wsgi {
        target: target.into(),
        origin,
        span,
        requirements,
        python: Python::Venv,
        pip: Vec::new(),
        packages: Vec::new(),
    }
}

fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let project = dir.path().join("project-1.0");
    fs::create_dir_all(project.join("shop")).unwrap();
    fs::write(project.join("shop/app.py"), "app = None\n").unwrap();
    fs::write(project.join("requirements.txt"), "flask==2.2.5\n").unwrap();
    dir
}

fn run(dir: &Path, line: &str) {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap());
    let ran = command.args(words).current_dir(dir).output().unwrap();
    assert!(ran.status.success(), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
}

fn digest(shelf: &Shelf, wsgi: &Wsgi) -> (String, String) {
    let code = shelf.get(wsgi).unwrap();
    (code.archive.payload.digest.clone(), code.requirements.clone())
}

#[test]
fn the_same_code_is_the_same_bytes_wherever_it_comes_from() {
    let dir = project();
    let project = dir.path().join("project-1.0");
    run(dir.path(), "tar -czf project.tar.gz project-1.0");
    run(&project, "git init -q -b main");
    run(&project, "git add .");
    run(&project, "git -c user.name=a -c user.email=a@b commit -q -m one");
    run(&project, "git tag v1");
    let url = format!("file://{}", project.display());
    let (mut shelf, mask) = (Shelf::default(), Mask::default());
    let directory = wsgi("shop.app:app", Origin::Directory(project.clone()));
    shelf.read(&directory).unwrap();
    let wanted = digest(&shelf, &directory);
    assert_eq!(wanted.1, "flask==2.2.5\n");
    let archive = Origin::Archive(dir.path().join("project.tar.gz"));
    for origin in [archive, Origin::Git(url.clone(), None), Origin::Git(url, Some("v1".into()))] {
        let other = wsgi("shop.app:app", origin);
        shelf.read(&other).unwrap();
        shelf.fetch(&other, &mask).unwrap();
        assert_eq!(digest(&shelf, &other), wanted, "{:?}", other.origin);
    }
}

#[test]
fn a_repository_is_not_contacted_before_it_must_be() {
    let nowhere = wsgi("shop.app:app", Origin::Git("file:///nowhere".into(), None));
    let mut shelf = Shelf::default();
    shelf.read(&nowhere).unwrap();
    assert_eq!(digest(&shelf, &nowhere).1, "");
    let said = shelf.fetch(&nowhere, &Mask::default()).unwrap_err();
    assert_eq!(said.message, "the source `file:///nowhere` cannot be fetched");
}

#[test]
fn code_without_the_module_is_refused_unless_a_package_may_bring_it() {
    let dir = project();
    let directory = Origin::Directory(dir.path().join("project-1.0"));
    let mut shelf = Shelf::default();
    let refused = |said: Diagnostic| (said.message, said.label);
    let said = shelf.read(&wsgi("shop.views:app", directory.clone())).unwrap_err();
    let wanted = "the source has no module `shop.views`".to_string();
    assert_eq!(refused(said), (wanted, Some("modules at its top: shop".into())));
    shelf.read(&wsgi("package.of.others:app", directory.clone())).unwrap();
    let alone = Wsgi { requirements: None, ..wsgi("package.of.others:app", directory) };
    assert!(shelf.read(&alone).is_err());
}

#[test]
fn code_is_refused_that_is_too_large_for_memory_or_when_packed_for_a_message() {
    let dir = project();
    let project = dir.path().join("project-1.0");
    let picture = fs::File::create(project.join("picture.bin")).unwrap();
    let said = |origin: Origin| {
        let error = Shelf::default().read(&wsgi("shop.app:app", origin)).unwrap_err();
        (error.message, error.label.unwrap_or_default(), error.fix.unwrap_or_default())
    };
    let archive = Origin::Archive(dir.path().join("project.tar.gz"));
    for size in [(512 << 20) + 1, 40 << 30] {
        picture.set_len(size).unwrap();
        run(dir.path(), "tar --sparse -czf project.tar.gz project-1.0");
        for (origin, what) in [(Origin::Directory(project.clone()), "source"), (archive.clone(), "archive")] {
            let (message, label, fix) = said(origin);
            let is_named =
                message.starts_with(&format!("the {what} `")) && message.ends_with("` is too large");
            assert!(is_named, "{message}");
            assert!(label.ends_with("picture.bin` it has more than 512 MB"), "{label}");
            assert_eq!(fix, "move what is no code out of it");
        }
    }
    picture.set_len(0).unwrap();
    run(&project, "dd if=/dev/urandom of=picture.bin bs=1M count=65 status=none");
    run(dir.path(), "tar -czf project.tar.gz project-1.0");
    let (message, label, _) = said(archive);
    assert_eq!(
        (message.as_str(), label.as_str()),
        ("the source has 65 MB when packed", "at most 64 MB can be sent")
    );
}

#[test]
fn code_that_is_small_when_packed_may_be_larger_than_a_message() {
    let dir = project();
    let picture = fs::File::create(dir.path().join("project-1.0/picture.bin")).unwrap();
    picture.set_len(65 << 20).unwrap();
    run(dir.path(), "tar -czf project.tar.gz project-1.0");
    let archive = wsgi("shop.app:app", Origin::Archive(dir.path().join("project.tar.gz")));
    let mut shelf = Shelf::default();
    shelf.read(&archive).unwrap();
    let code = shelf.get(&archive).unwrap();
    assert!(code.archive.payload.size > 65 << 20 && code.archive.packed().unwrap().len() < 1 << 20);
}
