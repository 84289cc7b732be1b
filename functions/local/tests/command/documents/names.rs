//! What is given in the place of a name may be a secret, and is not repeated then.

use std::fs;

use crate::support::command::{drawbridge, run};
use crate::support::documents::{on, write, write_text};
use crate::support::folder::Folder;
use crate::support::tenant::{CLIENT, TENANT, Tenant};

/// Secrets as people have them: of no form that tells them apart, in hexadecimal, Entra's.
const SECRETS: [&str; 6] = [
    "Hunter2-Pass",
    "hunter2!",
    "hunter 2 pass",
    "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d",
    "abC8Q~hunter289012345678901234567890",
    "hunter2\u{1b}[2J",
];

#[test]
fn a_secret_in_the_place_of_a_name_is_repeated_by_no_command() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let ids = [
        "--tenant-id",
        TENANT,
        "--client-id",
        CLIENT,
        "--secret",
        "S",
    ];
    let range = ["--from", "2021-01-01", "--to", "2021-02-01"];
    for secret in SECRETS {
        let commands: Vec<Vec<&str>> = vec![
            vec!["tenants", "allow", secret],
            vec!["tenants", "allow", secret, "--revoke"],
            vec!["tenants", "check", secret],
            vec!["tenants", "check", "contoso", secret],
            vec!["tenants", "remove", secret, "--yes"],
            vec!["tenants", "pause", secret],
            vec!["tenants", "resume", secret],
            vec!["poll", "--once", "--tenant", secret],
            [&["backfill", "--yes", "--tenant", secret][..], &range].concat(),
            [
                &[
                    "backfill", "--yes", "--tenant", "contoso", "--output", secret,
                ][..],
                &range,
            ]
            .concat(),
            vec!["backfill", "resume", secret],
            vec!["backfill", "cancel", secret],
            vec!["state", "show", "--tenant", secret],
            vec![
                "state",
                "reset",
                "--yes",
                "--tenant",
                secret,
                "--to",
                "2021-01-01",
            ],
            vec!["replay", "run", secret],
            vec!["replay", "run", "--all", "--tenant", secret],
        ];
        for args in commands {
            let outcome = on(&folder, &args);
            let told = format!("{}{}", outcome.stdout, outcome.stderr);
            assert!(
                !told.contains(secret) && !told.contains("unter"),
                "{args:?}: {told}"
            );
            if !args.contains(&"--all") {
                assert_ne!(outcome.code, Some(0), "{args:?}: {told}");
            }
        }
        for args in [
            vec!["tenants", "purge", secret, "--yes"],
            vec!["replay", "list", "--tenant", secret],
            vec!["backfill", "status", "--tenant", secret],
        ] {
            let outcome = on(&folder, &args);
            assert!(
                !outcome.stderr.contains(secret),
                "{args:?}: {}",
                outcome.stderr
            );
            assert!(
                !outcome.stderr.contains("unter"),
                "{args:?}: {}",
                outcome.stderr
            );
        }
        if secret.chars().any(|c| !c.is_ascii_alphanumeric()) {
            let add = [&["tenants", "add", secret][..], &ids].concat();
            let outcome = on(&folder, &add);
            assert!(!outcome.stderr.contains("unter"), "{}", outcome.stderr);
            assert_ne!(outcome.code, Some(0));
        }
    }
    // Names that there may be are told.
    on(&folder, &["tenants", "check", "fabrikam"]).failed(1, &["\"fabrikam\"", "contoso"]);
}

#[test]
fn a_secret_in_a_document_is_repeated_by_no_command() {
    let (tenant, folder) = (Tenant::new("[]"), Folder::new());
    write(&folder, "contoso", &tenant, "");
    let file = folder.path().join("tenants/contoso.toml");
    let sound = fs::read_to_string(&file).unwrap();
    let admin = folder.path().join("admin");
    fs::create_dir_all(&admin).unwrap();
    for secret in SECRETS {
        let quoted = serde_json::to_string(secret).unwrap();
        let lines = [
            format!("name = {quoted}"),
            format!("{quoted} = 1"),
            format!("data_stream = {{ {quoted} = 1 }}"),
            format!("cloud = {quoted}"),
            format!("outputs = [{quoted}]"),
        ];
        for line in lines {
            write_text(&folder, "contoso.toml", &format!("{line}\n{sound}"));
            for args in [
                &["tenants", "list"][..],
                &["tenants", "list", "--json"],
                &["tenants", "check", "--all"],
                &["poll", "--all", "--once"],
            ] {
                let outcome = on(&folder, args);
                let told = format!("{}{}", outcome.stdout, outcome.stderr);
                assert_eq!(outcome.code, Some(1), "{line}: {told}");
                assert!(told.contains("contoso"), "{told}");
                assert!(
                    !told.contains(secret) && !told.contains("unter"),
                    "{line}: {told}"
                );
            }
        }
        // In the administrator's list, which is read for a federated one.
        fs::write(
            admin.join("tenants.toml"),
            format!("[{quoted}]\ntenant_id = 1\n"),
        )
        .unwrap();
        let federated = sound.replace("secret = \"CONTOSO_SECRET\"", "federation = \"aws\"");
        write_text(&folder, "contoso.toml", &federated);
        let outcome = on(&folder, &["tenants", "check", "--all"]).failed(1, &[]);
        let told = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(told.contains("admin/tenants.toml"), "{told}");
        assert!(!told.contains(secret) && !told.contains("unter"), "{told}");
    }
}

/// A folder that is mistyped is not taken for one without tenants.
#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = Folder::new();
    let nowhere = folder.path().join("nowhere");
    for words in [
        &["status"][..],
        &["status", "--json"],
        &["tenants", "list"],
        &["tenants", "list", "--json"],
        &["serve", "--listen", "127.0.0.1:0"],
        &["view"],
    ] {
        let mut command = drawbridge(words);
        command.arg("--out").arg(&nowhere);
        run(command).failed(
            1,
            &["there is no folder", "nowhere", "--out", "tenants add"],
        );
    }
    assert!(!nowhere.exists());
}
