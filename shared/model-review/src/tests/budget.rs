//! Budget use of a review's questions.

use super::*;
use std::fmt::Write;

/// Returns a diff of `files` files, each with `lines` changed lines of code.
fn pull_request(files: usize, lines: usize) -> String {
    let mut text = String::new();
    for file in 0..files {
        let count = lines + 2;
        let _ = write!(
            text,
            "diff --git a/src/module_{file}.rs b/src/module_{file}.rs\n\
             --- a/src/module_{file}.rs\n+++ b/src/module_{file}.rs\n\
             @@ -10,{count} +10,{count} @@ impl Service for Module{file} {{\n \n",
        );
        for line in 0..lines {
            let _ = write!(
                text,
                "-        let total_{line} = account.balance + {line};\n\
                 +        let total_{line} = account.balance.checked_add({line})?;\n"
            );
        }
        text += "     }\n";
    }
    text
}

/// Model without answers. Counts the tokens of its questions.
#[derive(Default)]
struct Counting {
    questions: Mutex<Vec<usize>>,
}

#[async_trait]
impl Model for Counting {
    fn name(&self) -> &str {
        "kimi"
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, AskError> {
        let all = format!("{}{}{}", ask.system, ask.user, ask.schema);
        self.questions.lock().unwrap().push(prompt::tokens(&all));
        Ok(Answer {
            is_exact: true,
            value: answer(&[]),
            usage: ModelUsage::default(),
        })
    }
}

#[tokio::test]
async fn budget() {
    let policy = Policy::default();
    let review = policy.budget.tokens_per_review;
    let share = review / (policy.reviewers.len() as u64 + 1);
    println!("of one specialist, whose share of {review} tokens is {share}:");
    println!("files   read  left out  questions  tokens  the largest");
    for files in [10, 100, 1_000] {
        let model = Arc::new(Counting::default());
        let report = reviewed_by(model.clone(), &policy, &pull_request(files, 6), None).await;
        let coverage = report.unwrap().coverage;
        let (read, left_out) = (coverage.files_read as usize, coverage.left_out.len());
        let questions = model.questions.lock().unwrap().clone();
        let (all, count): (usize, _) = (questions.iter().sum(), questions.len());
        let largest = questions.iter().max().unwrap();
        println!("{files:>5} {read:>6} {left_out:>9} {count:>10} {all:>7} {largest:>12}");
        assert!(all as u64 <= share, "{files} files: {all} of {share}");
        assert!(read + left_out >= files, "no file vanishes");
        let is_whole = left_out == 0;
        assert_eq!(is_whole, files < 1_000, "{files} files");
        let is_used = all as u64 * 100 >= share * 60;
        assert!(is_whole || is_used, "{files} files: {all} of {share}");
    }
}
