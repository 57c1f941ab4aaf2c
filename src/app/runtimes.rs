//! The threads of the process.

use std::io;
use std::num::NonZeroUsize;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime as TokioRuntime};
use tokio_util::sync::CancellationToken;

use super::{Model, Runtime};
use crate::listen::Workers;

/// The runtimes of the process; ends them when dropped.
#[derive(Debug)]
pub struct Runtimes {
    work: TokioRuntime,
    serve: Vec<Handle>,
    stop: CancellationToken,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Runtimes {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// Fails if the system gives no more threads.
    pub fn start(config: Runtime) -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let workers = config.workers.map_or(cores, NonZeroUsize::get);
        let mut runtimes = Self {
            work: Builder::new_multi_thread()
                .worker_threads(match config.model {
                    Model::PerCore => WORK_THREADS,
                    Model::Shared => workers.max(WORK_THREADS),
                })
                .thread_name("work")
                .enable_all()
                .build()?,
            serve: Vec::new(),
            stop: CancellationToken::new(),
            threads: Vec::new(),
        };
        match config.model {
            Model::PerCore => (0..workers).try_for_each(|_| runtimes.start_one())?,
            Model::Shared => runtimes.serve.push(runtimes.work.handle().clone()),
        }
        Ok(runtimes)
    }

    /// The runtime of everything that waits for others.
    pub fn work(&self) -> &TokioRuntime {
        &self.work
    }

    /// The runtimes that serve.
    pub fn workers(&self) -> Workers {
        Workers::new(self.serve.clone())
    }

    fn start_one(&mut self) -> io::Result<()> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        self.serve.push(runtime.handle().clone());
        let stop = self.stop.clone();
        let thread = thread::Builder::new()
            .name("serve".to_owned())
            .spawn(move || runtime.block_on(stop.cancelled()))?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Runtimes {
    fn drop(&mut self) {
        self.stop.cancel();
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing left to end.
            drop(thread.join());
        }
    }
}

/// Waiting needs little of the processor; two, so that one slow poll does not hold up the other.
const WORK_THREADS: usize = 2;
