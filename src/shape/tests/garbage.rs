//! Headers of which nothing is right.

use http::HeaderValue;
use proptest::prelude::*;
use tower::service_fn;

use super::*;
use crate::exchange::Body;
use crate::shape::learn::tests::{answer, send};
use crate::shape::model::{Gate, Model, Ready};
use crate::shape::signal::Signal;

const NAMES: [&str; 6] = [
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-ratelimit-retry-at",
    "retry-after",
    "date",
];

/// Any bytes that a header can hold, and now and then what looks like a number or a date.
fn any_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..20),
        any::<u64>().prop_map(|number| number.to_string().into_bytes()),
        (0..300_u32).prop_map(|number| number.to_string().into_bytes()),
        (1_699_999_000..1_700_001_000_u32).prop_map(|time| time.to_string().into_bytes()),
        Just(b"Tue, 14 Nov 2023 22:13:20 GMT".to_vec()),
    ]
}

/// Whether an answer is a 429, and its headers by their places in [`NAMES`].
type Told = (bool, Vec<(usize, Vec<u8>)>);

fn any_answer() -> impl Strategy<Value = Told> {
    let headers = proptest::collection::vec((0..NAMES.len(), any_value()), 0..10);
    (any::<bool>(), headers)
}

fn made((is_limited, headers): &Told) -> Response {
    let mut response = Response::new(Body::empty());
    if *is_limited {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    }
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            response.headers_mut().append(NAMES[*name], value);
        }
    }
    response
}

/// Asks ten times, each within 50 s, an upstream that answers so.
async fn ask_ten(answers: Vec<Told>) {
    let buckets = Buckets::new(
        Config::default(),
        &[testing::principal()],
        Metrics::default(),
    );
    tokio::spawn(buckets.clone().run(CancellationToken::new()));
    let answers = Arc::new(parking_lot::Mutex::new(answers));
    let upstream = service_fn(move |_| {
        let answer = answers.lock().pop().unwrap_or_default();
        async move {
            sleep(LATENCY).await;
            Ok::<_, Error>(made(&answer))
        }
    });
    let stack = with(Shape::new(buckets.clone())).layer(upstream);
    let patience = Duration::from_secs(50);
    let ask_one = |caller| {
        let terms = testing::terms(caller, Priority::Batch, Instant::now() + patience);
        ask(&stack, "/v1/teams/demo/groups", terms)
    };
    let start = Instant::now();
    let replies: Vec<_> = (0..10).map(ask_one).collect();
    for reply in replies {
        drop(reply.await.expect("no panic"));
    }
    assert!(
        start.elapsed() <= patience + LATENCY,
        "{:?}",
        start.elapsed()
    );
    assert_eq!(buckets.snapshot()[0].in_flight, 0);
    assert_eq!(buckets.snapshot()[0].waiting, [0; 3]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_bytes_arrive_nobody_waits_past_the_deadline(
        answers in proptest::collection::vec(any_answer(), 0..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(ask_ten(answers));
    }

    #[test]
    fn ten_good_answers_make_good_whatever_bytes_were_believed(
        answers in proptest::collection::vec(any_answer(), 0..12),
    ) {
        let mut now = Instant::now();
        let mut model = Model::new(Config::default(), now);
        for answer in &answers {
            now += LATENCY;
            if model.ready(now) == Ready::Now {
                let response = made(answer);
                let signal = Signal::read(response.status(), response.headers());
                send(&mut model, &signal, now);
            }
        }
        let start = now;
        for _ in 0..10 {
            if let Ready::At(at) = model.ready(now) {
                now = at;
            }
            let after = now.duration_since(start).as_secs_f64();
            send(&mut model, &answer(50, after), now);
        }

        prop_assert_eq!(model.limit, Some(100));
        prop_assert_eq!(model.gate, Gate::Open);
        prop_assert!((49.0..=51.5).contains(&model.level), "{}", model.level);
        prop_assert_eq!(model.ready(now), Ready::Now);
    }
}
