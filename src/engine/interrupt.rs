//! Ctrl-C ends the statement that runs, not the shell.

use std::future::Future;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use futures::future::{Either, select};
use tokio::runtime::Runtime;
use tokio::sync::watch::{Receiver, Sender, channel};

use crate::error::Error;

/// Counts how often somebody has wanted the running statement to end.
#[derive(Debug)]
pub(super) struct Interrupts(Sender<u64>);

/// The interrupts since a statement was begun.
#[derive(Debug)]
pub(super) struct Interrupted(Receiver<u64>);

impl Default for Interrupts {
    fn default() -> Self {
        Self(channel(0).0)
    }
}

impl Interrupts {
    /// From now on Ctrl-C is counted, and does not end the program.
    pub(super) fn listen(&self, runtime: &Runtime) {
        let sender = self.0.clone();
        runtime.spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                sender.send_modify(|count| *count += 1);
            }
        });
    }

    /// Does something that is interrupted if it takes longer than `time`.
    pub(super) fn within<T>(&self, time: Duration, work: impl FnOnce() -> T) -> T {
        let (is_done, waits) = mpsc::channel::<()>();
        let sender = self.0.clone();
        let timer = thread::spawn(move || {
            if waits.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                sender.send_modify(|count| *count += 1);
            }
        });
        let done = work();
        drop(is_done);
        // It only sleeps and counts.
        let _ = timer.join();
        done
    }

    /// Those from now on.
    pub(super) fn begin(&self) -> Interrupted {
        Interrupted(self.0.subscribe())
    }
}

impl Interrupted {
    /// Waits for `work`, but no longer than until an interrupt; nothing if there was one.
    pub(super) async fn or<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let changed = Box::pin(self.0.changed());
        match select(changed, Box::pin(work)).await {
            Either::Left((Ok(()), _)) => None,
            // Nobody counts any more.
            Either::Left((Err(_), work)) => Some(work.await),
            Either::Right((done, _)) => Some(done),
        }
    }
}

/// What an interrupted statement ends with.
pub(super) fn interrupted() -> Error {
    Error::new("the statement was interrupted")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_ends_at_an_interrupt_since_the_statement_began() {
        let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        let interrupts = Interrupts::default();
        interrupts.0.send_modify(|count| *count += 1);
        let mut since = interrupts.begin();
        assert_eq!(runtime.block_on(since.or(async { 7 })), Some(7));
        interrupts.0.send_modify(|count| *count += 1);
        assert_eq!(runtime.block_on(since.or(futures::future::pending::<()>())), None);
        let mut next = interrupts.begin();
        assert_eq!(runtime.block_on(next.or(async { 8 })), Some(8));
    }
}
