//! Calls of single operations in the AWS JSON protocol. Signatures, retries and timeouts are those
//! of the SDK's own clients, without a client crate, which would double the size of the binary.

use crate::explain::{CallError, explain};
use aws_runtime::auth::sigv4::{self, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_types::region::{Region, SigningRegion};
use aws_types::{SdkConfig, SigningName};
use serde_json::Value;
use std::fmt;

/// Protocol parameters of a service ("AWS JSON 1.0 and 1.1 protocol", Smithy).
pub(crate) struct Api {
    /// Name of the service for signatures, which is also the first label of its host.
    pub(crate) service: &'static str,
    /// Prefix of the operation in `X-Amz-Target`.
    pub(crate) target: &'static str,
    /// `1.0` or `1.1`.
    pub(crate) version: &'static str,
}

impl Api {
    /// Calls `operation` with `input`; `what` names the resource in error texts.
    ///
    /// # Errors
    /// [`CallError`] tells whether the same call may succeed later.
    pub(crate) async fn call(
        &self,
        sdk: &SdkConfig,
        what: &str,
        operation: &'static str,
        input: Value,
    ) -> Result<Value, CallError> {
        let operation = self.operation(sdk, operation);
        let answer = operation.invoke(Body(input.to_string())).await;
        answer.map_err(|error: SdkError<ErrorResponse, HttpResponse>| explain(what, &error))
    }

    fn operation(
        &self,
        sdk: &SdkConfig,
        name: &'static str,
    ) -> Operation<Body, Value, ErrorResponse> {
        let url = endpoint(self.service, sdk);
        let target = format!("{}.{name}", self.target);
        let content_type = format!("application/x-amz-json-{}", self.version);
        let serializer = move |body: Body| {
            let mut request = HttpRequest::new(SdkBody::from(body.0));
            request.set_method("POST")?;
            request.set_uri("/")?;
            let headers = request.headers_mut();
            headers.try_insert("content-type", content_type.clone())?;
            headers.try_insert("x-amz-target", target.clone())?;
            Ok(request)
        };
        let mut operation = Operation::builder()
            .service_name(self.service)
            .operation_name(name)
            .endpoint_url(&url)
            .retry_classifier(TransientErrorClassifier::<ErrorResponse>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorResponse>::new())
            .runtime_plugin(self.signed(sdk));
        if let Some(client) = sdk.http_client() {
            operation = operation.http_client(client);
        }
        if let Some(sleep) = sdk.sleep_impl() {
            operation = operation.sleep_impl(sleep);
        }
        if let Some(retries) = sdk.retry_config() {
            operation = operation.standard_retry(retries);
        }
        if let Some(timeouts) = sdk.timeout_config() {
            operation = operation.timeout_config(timeouts.clone());
        }
        operation.serializer(serializer).deserializer(read).build()
    }

    fn signed(&self, sdk: &SdkConfig) -> StaticRuntimePlugin {
        let mut options = SigningOptions::default();
        options.double_uri_encode = true;
        options.normalize_uri_path = true;
        let mut config = Layer::new("signing");
        config.store_put(SigV4OperationSigningConfig {
            region: sdk.region().cloned().map(SigningRegion::from),
            region_set: None,
            name: Some(SigningName::from_static(self.service)),
            signing_options: options,
        });
        config.store_put(AuthSchemeOptionResolverParams::new(()));
        let mut components = RuntimeComponentsBuilder::new("signing");
        components.set_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(
            StaticAuthSchemeOptionResolver::new(vec![sigv4::SCHEME_ID]),
        )));
        components.push_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()));
        if let Some(credentials) = sdk.credentials_provider() {
            components.set_identity_resolver(sigv4::SCHEME_ID, credentials);
        }
        StaticRuntimePlugin::new()
            .with_config(config.freeze())
            .with_runtime_components(components)
    }
}

/// Returns the service's URL ("Regional endpoints", AWS General Reference). China has a separate
/// domain.
fn endpoint(service: &str, sdk: &SdkConfig) -> String {
    if let Some(url) = sdk.endpoint_url() {
        return url.to_owned();
    }
    let region = sdk.region().map_or("us-east-1", Region::as_ref);
    let domain = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    format!("https://{service}.{region}.{domain}")
}

/// Input as JSON text. It may hold secrets, so that it must not be logged.
struct Body(String);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body")
    }
}

/// Error response of the service.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct ErrorResponse(ErrorMetadata);

impl ProvideErrorMetadata for ErrorResponse {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

fn read(response: &HttpResponse) -> Result<Value, OrchestratorError<ErrorResponse>> {
    let body = response.body().bytes().unwrap_or_default();
    let json = serde_json::from_slice(body);
    if response.status().is_success() {
        return json.map_err(OrchestratorError::other);
    }
    let json: Value = json.unwrap_or_default();
    let text = |names: [&str; 2]| names.iter().find_map(|name| json.get(name)?.as_str());
    let mut meta = ErrorMetadata::builder();
    // A namespace may precede the code: com.amazonaws.ssm#ParameterNotFound.
    if let Some(code) = text(["__type", "code"]) {
        meta = meta.code(code.rsplit('#').next().unwrap_or(code));
    }
    if let Some(message) = text(["message", "Message"]) {
        meta = meta.message(message);
    }
    Err(OrchestratorError::operation(ErrorResponse(meta.build())))
}
