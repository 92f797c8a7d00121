/*
 * S3 as its API reference describes it, for the calls that git-vault makes.
 * Signature Version 4 is checked over the request as it came, with the key
 * AKIDTEST and, where on/expired names one, the token of a session.
 */
#include "store-mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#define ID     "AKIDTEST"
#define SECRET "test/secret+key"
#define BUCKET "/vault"

/* ---- the signature ---- */

static void
mac(unsigned char key[32], size_t len, const char *text)
{
	crypto_auth_hmacsha256_state s;

	crypto_auth_hmacsha256_init(&s, key, len);
	crypto_auth_hmacsha256_update(
	    &s, (const unsigned char *)text, strlen(text));
	crypto_auth_hmacsha256_final(&s, key);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The query in order, each with a '='. */
static void
sorted_query(char *out, size_t size, const char *query)
{
	char copy[4096], *parts[64], *p = copy;
	size_t n = 0, i;

	snprintf(copy, sizeof(copy), "%s", query);
	while (n < 64 && (parts[n] = strsep(&p, "&")) != NULL)
		n += *parts[n] != '\0';
	qsort(parts, n, sizeof(*parts), by_text);
	*out = '\0';
	for (i = 0; i < n; i++) {
		size_t len = strlen(out);

		snprintf(out + len, size - len, "%s%s%s", i ? "&" : "",
		    parts[i], strchr(parts[i], '=') ? "" : "=");
	}
}

/* What must be in the place of the signature, for a scope DAY/REGION/s3/…. */
static bool
expected(
    char hex[65], const struct request *q, const char *scope, const char *names)
{
	static char text[32768];
	char query[4096], list[1024], copy[128], *name, *p = list, *part;
	const char *date = field(q, "x-amz-date");
	const char *sum = field(q, "x-amz-content-sha256");
	unsigned char hash[32], key[64] = "AWS4" SECRET;
	size_t len;

	if (date == NULL || sum == NULL)
		return false;
	sorted_query(query, sizeof(query), q->query);
	snprintf(text, sizeof(text), "%s\n%s\n%s\n", q->method, q->raw, query);
	snprintf(list, sizeof(list), "%s", names);
	while ((name = strsep(&p, ";")) != NULL) {
		const char *value = field(q, name);

		len = strlen(text);
		if (value == NULL)
			return false;
		snprintf(
		    text + len, sizeof(text) - len, "%s:%s\n", name, value);
	}
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, "\n%s\n%s", names, sum);
	crypto_hash_sha256(hash, (unsigned char *)text, strlen(text));
	hex_of(hex, hash, 32);
	snprintf(text, sizeof(text), "AWS4-HMAC-SHA256\n%s\n%s\n%s", date,
	    scope, hex);
	snprintf(copy, sizeof(copy), "%s", scope);
	p = copy;
	len = strlen((char *)key);
	while ((part = strsep(&p, "/")) != NULL) {
		mac(key, len, part);
		len = 32;
	}
	mac(key, 32, text);
	hex_of(hex, key, 32);
	return true;
}

static bool
between(char *out, size_t size, const char *text, const char *before, char end)
{
	const char *p = text ? strstr(text, before) : NULL;
	size_t n;

	if (p == NULL)
		return false;
	p += strlen(before);
	n = strcspn(p, (char[]){ end, '\0' });
	if (n >= size)
		return false;
	memcpy(out, p, n);
	out[n] = '\0';
	return true;
}

/* The fields that S3 wants signed, if they are there. */
static bool
signs_all(const struct request *q, const char *names)
{
	char with[1100], wanted[80];
	size_t i;

	snprintf(with, sizeof(with), ";%s;", names);
	if (strstr(with, ";host;") == NULL)
		return false;
	for (i = 0; i < q->n; i++) {
		snprintf(wanted, sizeof(wanted), ";%s;", q->fields[i].name);
		if (strncasecmp(q->fields[i].name, "x-amz-", 6) == 0 &&
		    strcasestr(with, wanted) == NULL)
			return false;
	}
	return true;
}

static bool
is_right_time(const struct request *q)
{
	const char *date = field(q, "x-amz-date");
	struct tm tm = { 0 };
	double off;

	if (date == NULL || strptime(date, "%Y%m%dT%H%M%SZ", &tm) == NULL)
		return false;
	off = difftime(timegm(&tm), time(NULL));
	return off > -900 && off < 900;
}

static bool
check(const struct request *q, struct answer *a)
{
	const char *authorization = field(q, "authorization");
	const char *sum = field(q, "x-amz-content-sha256");
	const char *token = field(q, "x-amz-security-token");
	char scope[128], names[1024], given[80], want[65], valid[256];
	unsigned char hash[32];
	const char *why = NULL;

	if (!is_right_time(q))
		why = "RequestTimeTooSkewed";
	else if (!between(scope, sizeof(scope), authorization,
		     "AWS4-HMAC-SHA256 Credential=" ID "/", ',') ||
	    !between(
		names, sizeof(names), authorization, "SignedHeaders=", ','))
		why = "InvalidAccessKeyId";
	else if (!between(
		     given, sizeof(given), authorization, "Signature=", ' ') ||
	    !signs_all(q, names) || !expected(want, q, scope, names) ||
	    strcmp(want, given) != 0)
		why = "SignatureDoesNotMatch";
	if (why) {
		say(a, 403, "<Error><Code>%s</Code></Error>", why);
		return false;
	}
	if (switched("expired", valid, sizeof(valid)) &&
	    (token == NULL || strcmp(token, valid) != 0)) {
		say(a, 400, "<Error><Code>ExpiredToken</Code></Error>");
		return false;
	}
	crypto_hash_sha256(hash, q->body, q->len);
	hex_of(want, hash, 32);
	if (sum == NULL || strcmp(sum, want) != 0) {
		say(a, 400,
		    "<Error><Code>XAmzContentSHA256Mismatch</Code></Error>");
		return false;
	}
	return true;
}

/* ---- lists ---- */

static void
escape(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 4 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (strchr("-._~/", c) || (c >= '0' && c <= '9') ||
		    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
			out[n++] = *text;
		else
			n += (size_t)snprintf(out + n, 4, "%%%02X", c);
	}
	out[n] = '\0';
}

static time_t
newest(void)
{
	struct object *o;
	time_t at = 0;

	for (o = objects; o; o = o->next)
		if (o->at > at)
			at = o->at;
	return at;
}

static void
list(const struct request *q, struct answer *a)
{
	char prefix[1024], after[1024], next[1024], key[3072], text[64];
	size_t most = 1000, n = 0, len = 0, size = 1 << 20;
	bool is_old = switched("old", text, sizeof(text));
	struct object *o, *last = NULL;
	char *xml = malloc(size);

	param(q, "prefix", prefix, sizeof(prefix));
	param(q, "start-after", after, sizeof(after));
	if (param(q, "continuation-token", next, sizeof(next)))
		snprintf(after, sizeof(after), "%s", next);
	if (switched("page", text, sizeof(text)))
		most = strtoul(text, NULL, 10);
	len = (size_t)snprintf(xml, size,
	    "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://"
	    "s3.amazonaws.com/doc/2006-03-01/\"><EncodingType>url"
	    "</EncodingType>");
	for (o = objects; o; o = o->next) {
		if (strncmp(o->key, prefix, strlen(prefix)) != 0 ||
		    strcmp(o->key, after) <= 0 || *o->key == '\001' ||
		    (is_old && o->at == newest()))
			continue;
		if (n == most)
			break;
		n++;
		last = o;
		escape(key, sizeof(key), o->key);
		len += (size_t)snprintf(xml + len, size - len,
		    "<Contents><Key>%s</Key><LastModified>"
		    "2026-11-30T00:00:00.000Z</LastModified>"
		    "<ETag>&quot;%s&quot;</ETag><Size>%zu</Size></Contents>",
		    switched("order", text, sizeof(text)) ? "p/a" : key,
		    o->etag, o->len);
	}
	len += (size_t)snprintf(xml + len, size - len,
	    "<IsTruncated>%s</IsTruncated>", o ? "true" : "false");
	if (o && (last || switched("idle", text, sizeof(text))))
		len += (size_t)snprintf(xml + len, size - len,
		    "<NextContinuationToken>%s</NextContinuationToken>",
		    last ? last->key : "again");
	snprintf(xml + len, size - len, "</ListBucketResult>");
	say(a, 200, "%s", xml);
	a->is_object = true;
	free(xml);
}

/* ---- versions ---- */

/* Where on/versions is, a deleted object is kept under a key that none can
 * have, and a mark stands in its place. The ETag is the id of a version. */
static void
version_key(
    char *out, size_t size, const char *kind, const char *key, const char *id)
{
	snprintf(out, size, "\001%s/%s/%s", kind, key, id);
}

static size_t
put_version(char *xml, size_t size, const char *key, const struct object *o,
    bool is_current)
{
	char name[3072];

	escape(name, sizeof(name), key);
	return (size_t)snprintf(xml, size,
	    "<Version><Key>%s</Key><VersionId>%s</VersionId><IsLatest>%s"
	    "</IsLatest><LastModified>2026-11-30T00:00:00.000Z</LastModified>"
	    "<ETag>&quot;%s&quot;</ETag><Size>%zu</Size></Version>",
	    name, o->etag, is_current ? "true" : "false", o->etag, o->len);
}

static size_t
put_marker(char *xml, size_t size, const char *key)
{
	char name[3072];

	escape(name, sizeof(name), key);
	return (size_t)snprintf(xml, size,
	    "<DeleteMarker><Key>%s</Key><VersionId>mark</VersionId>"
	    "<IsLatest>true</IsLatest></DeleteMarker>",
	    name);
}

/* One page a version where on/page is, and the marker says how many came. */
static void
list_versions(const struct request *q, struct answer *a)
{
	char prefix[1024], after[64] = "", at[2048], text[64];
	size_t len = 0, size = 1 << 20, n = 0, skip;
	char *xml = malloc(size), *end;
	bool has_more = false, pages = switched("page", text, sizeof(text));
	struct object *o;

	param(q, "prefix", prefix, sizeof(prefix));
	param(q, "version-id-marker", after, sizeof(after));
	skip = strtoul(after, NULL, 10);
	len = (size_t)snprintf(
	    xml, size, "<ListVersionsResult><EncodingType>url</EncodingType>");
	for (o = objects; o; o = o->next) {
		const bool is_old = strncmp(o->key, "\001old/", 5) == 0;
		const bool is_mark = strncmp(o->key, "\001mark/", 6) == 0;
		size_t front = is_old ? 5 : is_mark ? 6 : 0;

		snprintf(at, sizeof(at), "%s", o->key + front);
		if (front && (end = strrchr(at, '/')) != NULL)
			*end = '\0';
		if (strncmp(at, prefix, strlen(prefix)) != 0 ||
		    (*o->key == '\001' && front == 0) || n++ < skip)
			continue;
		if (pages && n == skip + 2) {
			has_more = true;
			break;
		}
		len += is_mark
		    ? put_marker(xml + len, size - len, at)
		    : put_version(xml + len, size - len, at, o, !is_old);
		if (pages)
			len += (size_t)snprintf(xml + len, size - len,
			    "<NextKeyMarker>k</NextKeyMarker>"
			    "<NextVersionIdMarker>%zu</NextVersionIdMarker>",
			    n);
	}
	snprintf(xml + len, size - len,
	    "<IsTruncated>%s</IsTruncated></ListVersionsResult>",
	    has_more ? "true" : "false");
	say(a, 200, "%s", xml);
	a->is_object = true;
	free(xml);
}

/* The key under which a version is kept; NULL if it is unknown. */
static const char *
find_version(char *out, size_t size, const char *key, const char *id)
{
	struct object *o = find(key);

	if (o && strcmp(o->etag, id) == 0)
		return key;
	version_key(
	    out, size, strcmp(id, "mark") == 0 ? "mark" : "old", key, id);
	return find(out) ? out : NULL;
}

/* 403 where on/readonly is, and for a version where on/locked is. */
static void
delete_object(const struct request *q, struct answer *a, const char *key)
{
	char id[128], at[4200], text[64];
	struct object *o = find(key);
	const char *of;

	if (switched("readonly", text, sizeof(text))) {
		say(a, 403, "<Error><Code>AccessDenied</Code></Error>");
		return;
	}
	if (param(q, "versionId", id, sizeof(id)) && *id) {
		of = find_version(at, sizeof(at), key, id);
		if (of && strcmp(id, "mark") != 0 &&
		    switched("locked", text, sizeof(text))) {
			say(a, 403, "<Error><Code>AccessDenied</Code></Error>");
			return;
		}
		if (of)
			drop(of);
	} else if (o && switched("versions", text, sizeof(text))) {
		version_key(at, sizeof(at), "old", key, o->etag);
		put(at, o->data, o->len);
		version_key(at, sizeof(at), "mark", key, "mark");
		put(at, "", 0);
		drop(key);
	} else {
		drop(key);
	}
	say(a, 204, "%s", "");
}

/* ---- objects ---- */

static bool
may_store(const struct request *q, struct answer *a, const char *key)
{
	char text[64];
	int status;

	if (once("conflict")) {
		say(a, 409,
		    "<Error><Code>ConditionalRequestConflict</Code></Error>");
		return false;
	}
	if (switched("unknown", text, sizeof(text)) &&
	    (field(q, "if-none-match") || field(q, "if-match"))) {
		say(a, 501, "<Error><Code>NotImplemented</Code></Error>");
		return false;
	}
	status = condition(q, find(key), 412);
	if (status == 0)
		return true;
	say(a, status, "<Error><Code>PreconditionFailed</Code></Error>");
	return false;
}

/* Parts are objects, too, whose keys begin with a sign that none can have. */
static void
part_key(char *out, size_t size, const char *upload, const char *number)
{
	snprintf(out, size, "\001%s/%05d", upload, atoi(number));
}

static void
complete(const struct request *q, struct answer *a, const char *key,
    const char *upload)
{
	char name[256], number[16], etag[80], text[64], *all = NULL;
	const char *p = (const char *)q->body;
	size_t len = 0;
	struct object *o;

	q->body[q->len] = '\0';
	snprintf(name, sizeof(name), "\001%s", upload);
	if (find(name) == NULL) {
		say(a, 404, "<Error><Code>NoSuchUpload</Code></Error>");
		return;
	}
	if (!may_store(q, a, key))
		return;
	if (switched("late", text, sizeof(text))) {
		say(a, 200, "<Error><Code>InternalError</Code></Error>");
		return;
	}
	while ((p = strstr(p, "<Part>")) != NULL) {
		if (!between(number, sizeof(number), p, "<PartNumber>", '<') ||
		    !between(etag, sizeof(etag), p, "<ETag>\"", '"'))
			break;
		part_key(name, sizeof(name), upload, number);
		o = find(name);
		if (o == NULL || strcmp(o->etag, etag) != 0) {
			say(a, 400, "<Error><Code>InvalidPart</Code></Error>");
			free(all);
			return;
		}
		all = larger(all, len + o->len + 1);
		memcpy(all + len, o->data, o->len);
		len += o->len;
		p++;
	}
	o = put(key, all, len);
	snprintf(name, sizeof(name), "\001%s", upload);
	drop(name);
	free(all);
	say(a, 200,
	    "<CompleteMultipartUploadResult><ETag>&quot;%s&quot;</ETag>"
	    "</CompleteMultipartUploadResult>",
	    o->etag);
}

static void
store(const struct request *q, struct answer *a, const char *key)
{
	char upload[64], number[16], name[256];
	struct object *o;

	if (param(q, "uploadId", upload, sizeof(upload)) &&
	    param(q, "partNumber", number, sizeof(number))) {
		part_key(name, sizeof(name), upload, number);
		o = put(name, q->body, q->len);
	} else {
		if (!may_store(q, a, key))
			return;
		o = put(key, q->body, q->len);
	}
	say(a, 200, "%s", "");
	add(a, "ETag: \"%s\"\r\n", o->etag);
}

static void
post(const struct request *q, struct answer *a, const char *key)
{
	static unsigned uploads;
	char upload[64], name[256];

	if (param(q, "uploads", upload, sizeof(upload))) {
		snprintf(upload, sizeof(upload), "up+%u", ++uploads);
		snprintf(name, sizeof(name), "\001%s", upload);
		put(name, "", 0);
		say(a, 200,
		    "<InitiateMultipartUploadResult><UploadId>%s</UploadId>"
		    "</InitiateMultipartUploadResult>",
		    upload);
	} else if (param(q, "uploadId", upload, sizeof(upload))) {
		complete(q, a, key, upload);
	}
}

static void
look(const struct request *q, struct answer *a, const char *key)
{
	char id[128], at[4200], until[64];
	const char *of = key;

	if (param(q, "versionId", id, sizeof(id)) && *id)
		of = find_version(at, sizeof(at), key, id);
	if (of == NULL || find(of) == NULL) {
		say(a, 404, "<Error><Code>NoSuchKey</Code></Error>");
		return;
	}
	give(a, q, find(of));
	if (switched("locked", until, sizeof(until)))
		add(a,
		    "x-amz-object-lock-mode: COMPLIANCE\r\n"
		    "x-amz-object-lock-retain-until-date: %s\r\n",
		    until);
}

void
serve_s3(const struct request *q, struct answer *a)
{
	const char *key = q->path + strlen(BUCKET);
	char upload[64], name[256];

	if (!check(q, a))
		return;
	if (strncmp(q->path, BUCKET, strlen(BUCKET)) != 0 ||
	    (*key && *key != '/')) {
		say(a, 404, "<Error><Code>NoSuchBucket</Code></Error>");
		return;
	}
	key += *key == '/';
	if (*key == '\0' && param(q, "versions", upload, sizeof(upload))) {
		if (switched("versions", upload, sizeof(upload)))
			list_versions(q, a);
		else if (switched("unversioned", upload, sizeof(upload)))
			say(a, 403, "<Error><Code>AccessDenied</Code></Error>");
		else
			list(q, a);
	} else if (*key == '\0')
		list(q, a);
	else if (strcmp(q->method, "PUT") == 0)
		store(q, a, key);
	else if (strcmp(q->method, "POST") == 0)
		post(q, a, key);
	else if (strcmp(q->method, "DELETE") == 0) {
		if (param(q, "uploadId", upload, sizeof(upload))) {
			snprintf(name, sizeof(name), "\001%s", upload);
			drop(name);
			say(a, 204, "%s", "");
		} else {
			delete_object(q, a, key);
		}
	} else
		look(q, a, key);
}
