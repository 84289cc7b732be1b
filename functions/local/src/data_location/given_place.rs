//! The data location that the command line or the environment names.

use std::path::PathBuf;

use crate::cli::DataLocationArgs;
use crate::failure::Failure;

/// The data folder of a single machine, unless another one is given.
pub(crate) const DEFAULT_FOLDER: &str = "drawbridge-data";

/// The variable with the name of a stack.
const STACK: &str = "DRAWBRIDGE_STACK";

/// The variable with the name of a bucket.
const BUCKET: &str = "DRAWBRIDGE_BUCKET";

/// A data location that was named but not opened yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum GivenPlace {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A stack, by its name in CloudFormation.
    Stack(String),
    /// A bucket alone.
    Bucket(String),
}

impl GivenPlace {
    /// An option counts before all variables, and the folder is the last. `variable` gives a variable's
    /// value.
    ///
    /// # Errors
    /// A name that is none, or two places at once.
    pub(super) fn read(
        args: &DataLocationArgs,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        if let Some(bucket) = &args.bucket {
            return match bucket.trim() {
                "" => Err(Failure::usage(
                    "--bucket is empty: give the bucket's name, or leave it out for the folder of a \
                     single machine",
                )),
                _ => Ok(Self::Bucket(bucket.clone())),
            };
        }
        if let Some(stack) = &args.stack {
            return stack_name(stack, "--stack").map(Self::Stack);
        }
        if let Some(folder) = &args.out {
            return Ok(Self::Folder(folder.clone()));
        }
        let given = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        match (given(STACK), given(BUCKET)) {
            (Some(_), Some(_)) => Err(Failure::usage(format!(
                "{STACK} and {BUCKET} are both set, and only one of them can be meant: unset {BUCKET} \
                 if it is the stack's, or give --stack or --bucket"
            ))),
            (Some(stack), None) => stack_name(&stack, STACK).map(Self::Stack),
            (None, Some(bucket)) => Ok(Self::Bucket(bucket)),
            (None, None) => Ok(Self::Folder(DEFAULT_FOLDER.into())),
        }
    }
}

/// The stack that an option or the environment names, for a command that works on nothing else.
pub(crate) fn given_stack(option: Option<&str>) -> Result<Option<String>, Failure> {
    match option {
        Some(stack) => stack_name(stack, "--stack").map(Some),
        None => {
            let stack = std::env::var(STACK).ok();
            let stack = stack.filter(|stack| !stack.trim().is_empty());
            stack.map(|stack| stack_name(&stack, STACK)).transpose()
        }
    }
}

/// Checks that a stack can be called so. What is printed for pasting names it, and is harmless in any
/// shell for that.
fn stack_name(name: &str, given_as: &str) -> Result<String, Failure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if begins_well && name.len() <= 128 && name.chars().all(is_plain) {
        return Ok(name.to_owned());
    }
    Err(Failure::usage(format!(
        "{given_as} takes the stack's name in CloudFormation: a letter, then letters, digits and -, 128 \
         at most. `aws cloudformation list-stacks` lists the stacks"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: [Option<&str>; 3], variables: [Option<&str>; 2]) -> Result<GivenPlace, String> {
        let [out, stack, bucket] = args.map(|value| value.map(str::to_owned));
        let args = DataLocationArgs {
            out: out.map(PathBuf::from),
            stack,
            bucket,
        };
        let variable = |name: &str| {
            let at = [STACK, BUCKET].iter().position(|known| *known == name)?;
            variables[at].map(str::to_owned)
        };
        GivenPlace::read(&args, variable).map_err(|failure| failure.to_string())
    }

    #[test]
    fn an_option_counts_before_the_variables() {
        let both = [Some("other"), Some("other-bucket")];
        for (args, place) in [
            (
                [Some("data"), None, None],
                GivenPlace::Folder("data".into()),
            ),
            ([None, Some("prod"), None], GivenPlace::Stack("prod".into())),
            ([None, None, Some("b")], GivenPlace::Bucket("b".into())),
        ] {
            assert_eq!(read(args, both), Ok(place));
        }
    }

    #[test]
    fn a_variable_counts_before_the_folder() {
        let nothing = [None; 3];
        let stack = read(nothing, [Some("prod"), Some(" ")]);
        assert_eq!(stack, Ok(GivenPlace::Stack("prod".into())));
        let bucket = read(nothing, [Some(""), Some("b")]);
        assert_eq!(bucket, Ok(GivenPlace::Bucket("b".into())));
        let folder = read(nothing, [None, None]);
        assert_eq!(folder, Ok(GivenPlace::Folder(DEFAULT_FOLDER.into())));
    }

    #[test]
    fn two_places_at_once_and_names_that_are_none_are_refused() {
        let both = read([None; 3], [Some("prod"), Some("b")]).unwrap_err();
        assert!(
            both.contains("DRAWBRIDGE_STACK and DRAWBRIDGE_BUCKET"),
            "{both}"
        );
        for name in [
            "",
            " ",
            "1st",
            "a b",
            "a;b",
            "arn:aws:x",
            "a/b",
            &"a".repeat(129),
        ] {
            let option = read([None, Some(name), None], [None, None]).unwrap_err();
            assert!(option.starts_with("--stack takes"), "{option}");
        }
        let variable = read([None; 3], [Some("a$b"), None]).unwrap_err();
        assert!(variable.starts_with("DRAWBRIDGE_STACK takes"), "{variable}");
        let bucket = read([None, None, Some(" ")], [None, None]).unwrap_err();
        assert!(bucket.starts_with("--bucket is empty"), "{bucket}");
    }
}
