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
		    strcmp(o->key, after) <= 0 || *o->key == '\001')
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
	if (*key == '\0' && param(q, "comp", comp, sizeof(comp)))
		list(q, a);
	else if (strcmp(q->method, "PUT") == 0)
		store(q, a, key);
	else if (find(key) == NULL)
		fail(a, 404, "BlobNotFound");
	else if (strcmp(q->method, "DELETE") == 0 &&
	    switched("locked", comp, sizeof(comp)))
		fail(a, 409, "BlobImmutableDueToPolicy");
	else if (strcmp(q->method, "DELETE") == 0) {
		drop(key);
		say(a, 202, "%s", "");
	} else {
		give(a, q, find(key));
		if (switched("locked", comp, sizeof(comp)) && *comp)
			add(a, "x-ms-immutability-policy-until-date: %s\r\n",
			    comp);
	}
}
