//! Objects in a bucket of Amazon S3.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use bytes::{Bytes, BytesMut};
use drawbridge_access::AccessError;
use drawbridge_aws::{Fault, Kind};

use crate::object::MAX_OBJECT_BYTES;
use crate::s3_fault::store_error;
use crate::{Catalogue, ETag, Listed, Listing, Object, Store, StoreError, key};

/// How often an object is read when its body breaks off; the SDK retries only up to the headers.
const READS: u32 = 3;

/// An S3 client for `config`: addresses buckets by path where an endpoint of one's own is set
/// (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`), since a stand-in for AWS has no host a bucket.
pub fn s3_client(config: &SdkConfig) -> Client {
    let own_endpoint = config.endpoint_url().is_some()
        || ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    let settings = aws_sdk_s3::config::Builder::from(config)
        .force_path_style(own_endpoint)
        .build();
    Client::from_conf(settings)
}

/// Objects in one bucket. Conditional writes are S3's own (`If-Match`, `If-None-Match`), which
/// need no versioning and no lock; checksums are those that the SDK adds by itself.
///
/// The role needs `s3:GetObject` and `s3:PutObject` on the keys, and `s3:ListBucket` on the
/// bucket: without it, S3 answers "forbidden" for an object that is not there.
#[derive(Clone, Debug)]
pub struct S3Store {
    client: Client,
    bucket: Arc<str>,
}

impl S3Store {
    /// Uses `bucket`, which must exist; see [`s3_client`] for the client.
    pub fn new(client: Client, bucket: impl Into<String>) -> Self {
        Self {
            client,
            bucket: bucket.into().into(),
        }
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    fn place(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    async fn read(&self, key: &str, most: usize) -> Result<Option<Object>, StoreError> {
        let request = self.client.get_object().bucket(&*self.bucket).key(key);
        match request.send().await {
            Ok(answer) => collect(answer, most, || self.place(key)).await.map(Some),
            Err(error) => {
                let fault = Fault::of(&error);
                if fault.code == "NoSuchKey" {
                    return Ok(None);
                }
                Err(store_error(self.place(key), fault, "s3:GetObject"))
            }
        }
    }

    fn put_request(
        &self,
        key: &str,
        body: Bytes,
        content_type: &str,
    ) -> Result<PutObjectFluentBuilder, StoreError> {
        key::check(key)?;
        if body.len() > MAX_OBJECT_BYTES {
            let bytes = body.len() as u64;
            return Err(StoreError::TooLarge {
                place: self.place(key),
                bytes,
                most: MAX_OBJECT_BYTES,
            });
        }
        let request = self.client.put_object().bucket(&*self.bucket).key(key);
        Ok(request
            .content_type(content_type)
            .body(ByteStream::from(body)))
    }

    /// After a refusal: the version that holds `body`, if that is what the object holds now.
    async fn ours(&self, key: &str, body: &Bytes) -> Option<ETag> {
        let object = self.get(key).await.ok()??;
        (object.body == *body).then_some(object.etag)
    }

    /// What begins with `prefix` and comes after `after`.
    async fn listed(&self, prefix: &str, after: Option<&str>) -> Result<Listing, StoreError> {
        key::check_prefix(prefix)?;
        let mut objects = Vec::new();
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&*self.bucket)
            .prefix(prefix)
            .set_start_after(after.map(str::to_owned))
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                store_error(self.place(prefix), Fault::of(&error), "s3:ListBucket")
            })?;
            let found = page.contents.unwrap_or_default();
            objects.extend(found.into_iter().filter_map(|object| {
                Some(Listed {
                    bytes: object.size.and_then(|bytes| u64::try_from(bytes).ok()),
                    etag: object.e_tag.map(ETag::new),
                    key: object.key?,
                })
            }));
        }
        let is_key = |object: &Listed| key::check(&object.key).is_ok();
        let (mut objects, others): (Vec<_>, Vec<_>) = objects.into_iter().partition(is_key);
        objects.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Ok(Listing {
            objects,
            others: others.into_iter().map(|other| other.key).collect(),
            ..Listing::default()
        })
    }
}

#[async_trait]
impl Store for S3Store {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        self.get_at_most(key, MAX_OBJECT_BYTES).await
    }

    async fn get_at_most(&self, key: &str, most: usize) -> Result<Option<Object>, StoreError> {
        key::check(key)?;
        let mut reads = 1;
        loop {
            match self.read(key, most).await {
                Err(error) if error.is_retryable() && reads < READS => reads += 1,
                result => return result,
            }
        }
    }

    async fn put(&self, key: &str, body: Bytes, content_type: &str) -> Result<ETag, StoreError> {
        match self.put_request(key, body, content_type)?.send().await {
            Ok(answer) => Ok(ETag::new(answer.e_tag.unwrap_or_default())),
            Err(error) => Err(store_error(
                self.place(key),
                Fault::of(&error),
                "s3:PutObject",
            )),
        }
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        content_type: &str,
        expected: Option<&ETag>,
    ) -> Result<ETag, StoreError> {
        let request = self.put_request(key, body.clone(), content_type)?;
        let request = match expected {
            None => request.if_none_match("*"),
            Some(tag) => request.if_match(tag.as_str()),
        };
        let attempts = Attempts::default();
        let error = match request
            .customize()
            .interceptor(attempts.clone())
            .send()
            .await
        {
            Ok(answer) => return Ok(ETag::new(answer.e_tag.unwrap_or_default())),
            Err(error) => error,
        };
        let mut fault = Fault::of(&error);
        if fault.code == "NoSuchKey" {
            // What S3 answers to `If-Match` when there is no such object.
            fault.kind = Kind::Conflict;
        }
        // A first try may have been carried out and its answer lost on the way: the second one
        // then meets what the first one wrote.
        if fault.kind == Kind::Conflict
            && attempts.count() > 1
            && let Some(tag) = self.ours(key, &body).await
        {
            return Ok(tag);
        }
        Err(store_error(self.place(key), fault, "s3:PutObject"))
    }
}

#[async_trait]
impl Catalogue for S3Store {
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let listing = self.list_readable(prefix).await?;
        Ok(listing
            .objects
            .into_iter()
            .map(|object| object.key)
            .collect())
    }

    async fn list_after(&self, prefix: &str, key: &str) -> Result<Vec<String>, StoreError> {
        let listing = self.listed(prefix, Some(key)).await?;
        Ok(listing
            .objects
            .into_iter()
            .map(|object| object.key)
            .collect())
    }

    async fn list_readable(&self, prefix: &str) -> Result<Listing, StoreError> {
        self.listed(prefix, None).await
    }

    async fn list_readable_after(&self, prefix: &str, key: &str) -> Result<Listing, StoreError> {
        self.listed(prefix, Some(key)).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        key::check(key)?;
        let request = self.client.delete_object().bucket(&*self.bucket).key(key);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(store_error(
                self.place(key),
                Fault::of(&error),
                "s3:DeleteObject",
            )),
        }
    }

    async fn delete_if(&self, key: &str, expected: &ETag) -> Result<(), StoreError> {
        key::check(key)?;
        let request = self.client.delete_object().bucket(&*self.bucket).key(key);
        let Err(error) = request.if_match(expected.as_str()).send().await else {
            return Ok(());
        };
        let fault = Fault::of(&error);
        // It is gone: by somebody else, or by a first try whose answer was lost.
        if fault.code == "NoSuchKey" {
            return Ok(());
        }
        Err(store_error(self.place(key), fault, "s3:DeleteObject"))
    }
}

async fn collect(
    answer: GetObjectOutput,
    most: usize,
    place: impl Fn() -> String,
) -> Result<Object, StoreError> {
    let announced = usize::try_from(answer.content_length.unwrap_or(0)).unwrap_or(0);
    let too_large = |bytes: usize| StoreError::TooLarge {
        place: place(),
        bytes: bytes as u64,
        most,
    };
    if announced > most {
        return Err(too_large(announced));
    }
    let mut body = BytesMut::with_capacity(announced);
    let mut stream = answer.body;
    while let Some(chunk) = stream.next().await {
        let Ok(chunk) = chunk else {
            let code = "the body broke off or failed its checksum";
            return Err(AccessError::unavailable(place(), code).into());
        };
        body.extend_from_slice(&chunk);
        if body.len() > most {
            return Err(too_large(body.len()));
        }
    }
    Ok(Object {
        body: body.freeze(),
        etag: ETag::new(answer.e_tag.unwrap_or_default()),
    })
}

/// Counts how often the SDK sent one request.
#[derive(Clone, Debug, Default)]
struct Attempts(Arc<AtomicU32>);

impl Attempts {
    fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
#[path = "s3_tests.rs"]
mod tests;
