use super::*;
use crate::emulator::catalog;

#[tokio::test]
async fn path_with_another_method_tells_those_that_it_has() {
    let client = Client::new(small()).await;

    for operation in catalog::operations() {
        let path = operation.path.replace(['{', '}'], "");
        let got = client.send(Method::PATCH, &path, None).await;
        let methods = got.headers["allow"].to_str().unwrap();
        assert_eq!(got.kind(), (405, "invalid_request"), "{path}");
        assert!(
            methods.contains(operation.method.as_str()),
            "{path}: {methods}"
        );
    }
}
