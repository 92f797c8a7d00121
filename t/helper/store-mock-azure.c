/*
 * Blobs of Azure as their REST reference describes them, for the calls that
 * git-vault makes. The shared key is checked over the request as it came; a
 * shared access signature is one text, which must be there.
 */
#include "store-mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#define ACCOUNT "vaulttest"
#define KEY     "dGhlIGtleSBvZiB0ZXN0cywgYW5kIG9mIG5vdGhpbmcgZWxzZQ=="
#define SAS     "test/access+sig="
#define HOME    "/" ACCOUNT "/box"

/* ---- the signature ---- */

static int
by_text(const void *a, const void *b)
{
	return strcmp((const char *)a, (const char *)b);
}

static void
add_fields(char *text, size_t size, const struct request *q)
{
	static char lines[FIELDS][2200];
	size_t n = 0, i;

	for (i = 0; i < q->n; i++)
		if (strncasecmp(q->fields[i].name, "x-ms-", 5) == 0) {
			char *p = lines[n];

			snprintf(lines[n++], 2200, "%s:%s", q->fields[i].name,
			    q->fields[i].value);
			for (; *p != ':'; p++)
				if (*p >= 'A' && *p <= 'Z')
					*p = (char)(*p - 'A' + 'a');
		}
	qsort(lines, n, sizeof(*lines), by_text);
	for (i = 0; i < n; i++) {
		append(text, size, lines[i]);
		append(text, size, "\n");
	}
}

static void
add_params(char *text, size_t size, const struct request *q)
{
	static char lines[32][1200];
	char copy[4096], *p = copy, *part;
	size_t n = 0, i;

	snprintf(copy, sizeof(copy), "%s", q->query);
	while ((part = strsep(&p, "&")) != NULL && n < 32) {
		char value[1024];

		if (*part == '\0')
			continue;
		part[strcspn(part, "=")] = '\0';
		param(q, part, value, sizeof(value));
		snprintf(lines[n++], 1200, "\n%s:%s", part, value);
	}
	qsort(lines, n, sizeof(*lines), by_text);
	for (i = 0; i < n; i++) {
		append(text, size, lines[i]);
	}
}

static bool
is_signed(const struct request *q)
{
	static const char *const names[] = { "content-encoding",
		"content-language", "content-length", "content-md5",
		"content-type", "date", "if-modified-since", "if-match",
		"if-none-match", "if-unmodified-since", "range" };
	static char text[32768];
	const char *given = field(q, "authorization");
	char want[64], header[128];
	unsigned char key[64], sum[32];
	crypto_auth_hmacsha256_state s;
	size_t len, i;

	snprintf(text, sizeof(text), "%s\n", q->method);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = field(q, names[i]);

		len = strlen(text);
		if (value && strcmp(names[i], "content-length") == 0 &&
		    strcmp(value, "0") == 0)
			value = "";
		snprintf(
		    text + len, sizeof(text) - len, "%s\n", value ? value : "");
	}
	add_fields(text, sizeof(text), q);
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, "/" ACCOUNT "%s", q->raw);
	add_params(text, sizeof(text), q);
	sodium_base642bin(key, sizeof(key), KEY, strlen(KEY), NULL, &len, NULL,
	    sodium_base64_VARIANT_ORIGINAL);
	crypto_auth_hmacsha256_init(&s, key, len);
	crypto_auth_hmacsha256_update(&s, (unsigned char *)text, strlen(text));
	crypto_auth_hmacsha256_final(&s, sum);
	sodium_bin2base64(
	    want, sizeof(want), sum, 32, sodium_base64_VARIANT_ORIGINAL);
	snprintf(header, sizeof(header), "SharedKey " ACCOUNT ":%s", want);
	return given && strcmp(given, header) == 0;
}

static bool
check(const struct request *q, struct answer *a)
{
	char sig[128];
	const char *date = field(q, "x-ms-date");
	struct tm tm = { 0 };
	double off;

	if (date == NULL ||
	    strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm) == NULL)
		off = 1e9;
	else
		off = difftime(timegm(&tm), time(NULL));
	if (off > -900 && off < 900 && field(q, "x-ms-version") &&
	    (param(q, "sig", sig, sizeof(sig)) ? strcmp(sig, SAS) == 0
					       : is_signed(q)))
		return true;
	say(a, 403, "<Error><Code>AuthenticationFailed</Code></Error>");
	add(a, "x-ms-error-code: AuthenticationFailed\r\n");
	return false;
}

/* ---- blobs ---- */

static void
fail(struct answer *a, int status, const char *code)
{
	say(a, status,
	    "\xef\xbb\xbf<?xml version=\"1.0\"?><Error><Code>%s"
	    "</Code></Error>",
	    code);
	add(a, "x-ms-error-code: %s\r\n", code);
}

static void
list(const struct request *q, struct answer *a)
{
	char prefix[1024], after[1024], text[64];
	size_t most = 5000, n = 0, len = 0, size = 1 << 20;
	struct object *o, *last = NULL;
	char *xml = malloc(size);

	param(q, "prefix", prefix, sizeof(prefix));
	param(q, "marker", after, sizeof(after));
	if (switched("page", text, sizeof(text)))
		most = strtoul(text, NULL, 10);
	len = (size_t)snprintf(xml, size,
	    "\xef\xbb\xbf<?xml version=\"1.0\"?><EnumerationResults "
	    "ContainerName=\"box\"><Blobs>");
	for (o = objects; o; o = o->next) {
		if (strncmp(o->key, prefix, strlen(prefix)) != 0 ||
		    strcmp(o->key, after) <= 0 || *o->key < ' ')
			continue;
		if (n == most)
			break;
		n++;
		last = o;
		len += (size_t)snprintf(xml + len, size - len,
		    "<Blob><Name>%s</Name><Properties><Last-Modified>Mon, 30 "
		    "Nov 2026 00:00:00 GMT</Last-Modified><Etag>%s</Etag>"
		    "<Content-Length>%zu</Content-Length></Properties></Blob>",
		    o->key, o->etag, o->len);
	}
	snprintf(xml + len, size - len,
	    "</Blobs><NextMarker>%s</NextMarker></EnumerationResults>",
	    o && last ? last->key : "");
	say(a, 200, "%s", xml);
	free(xml);
}

/* ---- versions and soft delete ---- */

/* Where on/versions is, a blob that is deleted becomes an older version; where
 * on/soft is, what is deleted, a version too, stays for that many days. Both
 * stand under keys that none can have. The ETag is the id of a version. */
static void
kept_key(
    char *out, size_t size, const char *kind, const char *key, const char *id)
{
	snprintf(out, size, "\002%s/%s/%s", kind, key, id);
}

static void
move(const char *from, const char *to)
{
	struct object *o = find(from);

	put(to, o->data, o->len);
	drop(from);
}

static size_t
put_blob(char *xml, size_t size, const struct object *o, const char *key,
    const char *id, const char *days)
{
	size_t len = (size_t)snprintf(xml, size, "<Blob><Name>%s</Name>%s", key,
	    days ? "<Deleted>true</Deleted>" : "");

	if (*id)
		len += (size_t)snprintf(xml + len, size - len,
		    "<VersionId>%s</VersionId>%s", id,
		    *o->key != '\002'
			? "<IsCurrentVersion>true</IsCurrentVersion>"
			: "");
	len += (size_t)snprintf(xml + len, size - len,
	    "<Properties><Last-Modified>Mon, 30 Nov 2026 00:00:00 GMT"
	    "</Last-Modified><Etag>%s</Etag><Content-Length>%zu"
	    "</Content-Length>",
	    o->etag, o->len);
	if (days)
		len += (size_t)snprintf(xml + len, size - len,
		    "<RemainingRetentionDays>%s</RemainingRetentionDays>",
		    days);
	return len +
	    (size_t)snprintf(xml + len, size - len, "</Properties></Blob>");
}

/* One of the list: its key and id, and whether it is deleted. */
static const char *
read_kept(char *key, size_t size, const struct object *o, bool *is_deleted)
{
	char *slash;

	*is_deleted = o->key[1] == 'd';
	snprintf(key, size, "%s", *o->key == '\002' ? o->key + 3 : o->key);
	if (*o->key != '\002')
		return o->etag;
	slash = strrchr(key, '/');
	*slash = '\0';
	return o->key + 3 + (slash + 1 - key);
}

/* Pages as on/page says; the marker says how many came. */
static void
list_versions(const struct request *q, struct answer *a)
{
	char prefix[1024], after[64], text[64], days[64], key[1024];
	size_t most = 5000, n = 0, from, len, size = 1 << 20;
	const bool has_versions = switched("versions", text, sizeof(text));
	const bool is_soft = switched("soft", days, sizeof(days));
	struct object *o;
	char *xml = malloc(size);

	param(q, "prefix", prefix, sizeof(prefix));
	param(q, "marker", after, sizeof(after));
	from = strtoul(after, NULL, 10);
	if (switched("page", text, sizeof(text)))
		most = strtoul(text, NULL, 10);
	len = (size_t)snprintf(xml, size, "<EnumerationResults><Blobs>");
	for (o = objects; o && n < from + most; o = o->next) {
		bool is_deleted;
		const char *id = read_kept(key, sizeof(key), o, &is_deleted);

		if (*o->key == '\001' ||
		    strncmp(key, prefix, strlen(prefix)) != 0 || n++ < from)
			continue;
		if (*o->key != '\002' && !has_versions)
			id = "";
		len += put_blob(xml + len, size - len, o, key, id,
		    *o->key == '\002' && is_deleted ? (is_soft ? days : "6")
						    : NULL);
	}
	len += (size_t)snprintf(xml + len, size - len, "</Blobs><NextMarker>");
	if (o)
		len += (size_t)snprintf(xml + len, size - len, "%zu", n);
	snprintf(xml + len, size - len, "</NextMarker></EnumerationResults>");
	say(a, 200, "%s", xml);
	free(xml);
}

static void
remove_for_good(struct answer *a, const char *key, const char *id)
{
	char dead[1024], text[64];

	kept_key(dead, sizeof(dead), "d", key, id);
	if (!switched("permanent", text, sizeof(text)) || *id == '\0')
		fail(a, 409, "OperationNotAllowed");
	else if (find(dead) == NULL)
		fail(a, 409, "BlobSnapshotNotSoftDeleted");
	else {
		drop(dead);
		say(a, 202, "%s", "");
	}
}

static void
remove_blob(const struct request *q, struct answer *a, const char *key)
{
	char id[128] = "", at[1024], dead[1024], text[64];
	const bool is_version = param(q, "versionid", id, sizeof(id));
	struct object *o = find(key);

	if (param(q, "deletetype", text, sizeof(text))) {
		remove_for_good(a, key, id);
		return;
	}
	if (is_version && o && strcmp(o->etag, id) == 0) {
		fail(a, 403, "OperationNotAllowedOnRootBlob");
		return;
	}
	kept_key(at, sizeof(at), "v", key, id);
	snprintf(text, sizeof(text), "%s", o ? o->etag : "");
	kept_key(dead, sizeof(dead), "d", key, id);
	if (!is_version)
		snprintf(at, sizeof(at), "%s", key);
	if (find(at) == NULL) {
		fail(a, 404, "BlobNotFound");
		return;
	}
	if (!is_version && switched("versions", id, sizeof(id)))
		kept_key(dead, sizeof(dead), "v", key, text);
	else if (!switched("soft", id, sizeof(id)))
		*dead = '\0';
	if (*dead)
		move(at, dead);
	else
		drop(at);
	say(a, 202, "%s", "");
}

static bool
may_store(const struct request *q, struct answer *a, const char *key)
{
	int status = condition(q, find(key), 409);

	char text[64];

	if (find(key) && switched("locked", text, sizeof(text))) {
		fail(a, 409, "BlobImmutableDueToPolicy");
		return false;
	}
	if (status == 409)
		fail(a, 409, "BlobAlreadyExists");
	else if (status)
		fail(a, status, "ConditionNotMet");
	return status == 0;
}

static void
commit(const struct request *q, struct answer *a, const char *key)
{
	const char *p = (char *)q->body;
	char name[512], id[128], *all = NULL;
	size_t len = 0, n;
	struct object *o;

	q->body[q->len] = '\0';
	if (!may_store(q, a, key))
		return;
	while ((p = strstr(p, "<Latest>")) != NULL) {
		p += strlen("<Latest>");
		n = strcspn(p, "<");
		snprintf(id, sizeof(id), "%.*s", (int)n, p);
		snprintf(name, sizeof(name), "\001%s/%s", key, id);
		o = find(name);
		if (o == NULL) {
			free(all);
			fail(a, 400, "InvalidBlockList");
			return;
		}
		all = larger(all, len + o->len + 1);
		memcpy(all + len, o->data, o->len);
		len += o->len;
	}
	o = put(key, all, len);
	free(all);
	say(a, 201, "%s", "");
	add(a, "ETag: \"%s\"\r\n", o->etag);
}

static void
store(const struct request *q, struct answer *a, const char *key)
{
	char comp[32], id[128], name[512];
	const char *type = field(q, "x-ms-blob-type");
	struct object *o;

	param(q, "comp", comp, sizeof(comp));
	if (strcmp(comp, "blocklist") == 0) {
		commit(q, a, key);
		return;
	}
	if (strcmp(comp, "block") == 0) {
		param(q, "blockid", id, sizeof(id));
		snprintf(name, sizeof(name), "\001%s/%s", key, id);
		put(name, q->body, q->len);
		say(a, 201, "%s", "");
		return;
	}
	if (type == NULL || strcmp(type, "BlockBlob") != 0) {
		fail(a, 400, "InvalidHeaderValue");
		return;
	}
	if (!may_store(q, a, key))
		return;
	o = put(key, q->body, q->len);
	say(a, 201, "%s", "");
	add(a, "ETag: \"%s\"\r\n", o->etag);
}

void
serve_azure(const struct request *q, struct answer *a)
{
	const char *key = q->path + strlen(HOME);
	char comp[32];

	if (!check(q, a))
		return;
	if (strncmp(q->path, HOME, strlen(HOME)) != 0) {
		fail(a, 404, "ContainerNotFound");
		return;
	}
	key += *key == '/';
	if (*key == '\0' && param(q, "include", comp, sizeof(comp)) &&
	    switched("unversioned", comp, sizeof(comp)))
		fail(a, 403, "AuthorizationPermissionMismatch");
	else if (*key == '\0' && param(q, "include", comp, sizeof(comp)))
		list_versions(q, a);
	else if (*key == '\0' && param(q, "comp", comp, sizeof(comp)))
		list(q, a);
	else if (strcmp(q->method, "PUT") == 0)
		store(q, a, key);
	else if (strcmp(q->method, "DELETE") == 0 &&
	    switched("readonly", comp, sizeof(comp)))
		fail(a, 403, "AuthorizationPermissionMismatch");
	else if (strcmp(q->method, "DELETE") == 0 &&
	    switched("locked", comp, sizeof(comp)))
		fail(a, 409, "BlobImmutableDueToPolicy");
	else if (strcmp(q->method, "DELETE") == 0)
		remove_blob(q, a, key);
	else if (find(key) == NULL)
		fail(a, 404, "BlobNotFound");
	else {
		give(a, q, find(key));
		if (switched("locked", comp, sizeof(comp)) && *comp)
			add(a, "x-ms-immutability-policy-until-date: %s\r\n",
			    comp);
	}
}
