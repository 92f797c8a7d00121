#include "drift/meaning.h"

#include <string.h>
#include <strings.h>

#define WORDS_MAX 8  /* of a name; more are not looked at */
#define WORD_MAX  24 /* letters of a word */

struct words {
	char words[WORDS_MAX][WORD_MAX + 1];
	size_t n;
};

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

const char *
gv_meaning_last(size_t *n, const char *key, size_t len)
{
	size_t at = len, end = len;

	/* the name of an element is no step: env[HOST].value has value, and
	 * tags[0] has tags */
	if (len > 3 && key[len - 1] == ']' && key[len - 2] == '"') {
		end = len - 2;
		for (at = end; at > 0 && key[at - 1] != '"';)
			at--;
	} else {
		while (end > 0 && key[end - 1] == ']')
			for (end--; end > 0 && key[end] != '[';)
				end--;
		for (at = end;
		     at > 0 && key[at - 1] != '.' && key[at - 1] != ']';)
			at--;
	}
	*n = end - at;
	return key + at;
}

/* Words end at signs, and where small letters turn to capitals. */
static void
split(struct words *out, const char *p, size_t len)
{
	size_t i, n = 0;

	out->n = 0;
	for (i = 0; i <= len; i++) {
		const bool is_end = i == len ||
		    !(is_upper(p[i]) || is_lower(p[i]) || is_digit(p[i]));

		if (n > 0 &&
		    (is_end || (is_upper(p[i]) && is_lower(p[i - 1])))) {
			out->words[out->n++][n] = '\0';
			n = 0;
			if (out->n == WORDS_MAX)
				return;
		}
		if (!is_end && n < WORD_MAX)
			out->words[out->n][n++] =
			    (char)(is_upper(p[i]) ? p[i] | 0x20 : p[i]);
	}
}

static bool
is_any(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

static bool
has(const struct words *w, const char *word)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (strcmp(w->words[i], word) == 0)
			return true;
	return false;
}

static const char *
end_of(const struct words *w, size_t from_end)
{
	return w->n > from_end ? w->words[w->n - 1 - from_end] : "";
}

/* ---- kinds --------------------------------------------------------------- */

static bool
is_volatile(const struct words *w, const char *p, size_t len)
{
	static const char *const whole[] = { "lastmodified", "last_modified",
		"lastModified", "creationTimestamp", "resourceVersion", "uid",
		"generation", "observedGeneration", "pod-template-hash",
		"kubectl.kubernetes.io/last-applied-configuration",
		"generated_at", "generatedAt", "etag", "timestamp",
		"updated_at", "created_at", NULL };
	size_t i;

	for (i = 0; whole[i]; i++)
		if (strlen(whole[i]) == len && memcmp(whole[i], p, len) == 0)
			return true;
	return (len > 9 && memcmp(p, "checksum/", 9) == 0) ||
	    (w->n == 3 && has(w, "source") && has(w, "code") && has(w, "hash"));
}

static bool
is_risk(const struct words *w)
{
	return (has(w, "force") && has(w, "destroy")) ||
	    (has(w, "skip") && has(w, "snapshot")) ||
	    (has(w, "publicly") && has(w, "accessible")) ||
	    (has(w, "apply") && has(w, "immediately")) ||
	    (w->n == 1 &&
		(has(w, "prune") || has(w, "insecure") ||
		    has(w, "privileged")));
}

static bool
is_guard(const struct words *w)
{
	static const char *const safe[] = { "encrypted", "encryption", "backup",
		"backups", "retention", "tls", "ssl", "https", "logging",
		"logs", "audit", "versioning", "mtls", "sslmode", NULL };
	static const char *const other[] = { "level", "version", "path", "url",
		"bucket", "name", "host", "key", "cert", "port", "format",
		"file", "dir", "schedule", "window", "secret", "class", "arn",
		"id", "image", "size", "storage", "mount", "prefix", NULL };
	size_t i;

	if ((has(w, "deletion") || has(w, "termination") || has(w, "delete")) &&
	    has(w, "protection"))
		return true;
	if ((has(w, "prevent") && has(w, "destroy")) ||
	    (has(w, "multi") && has(w, "az")))
		return true;
	for (i = 0; i < w->n; i++)
		if (is_any(w->words[i], safe))
			return !is_any(end_of(w, 0), other);
	return false;
}

static bool
is_size(const struct words *w)
{
	static const char *const last[] = { "replicas", "count", "size",
		"memory", "mem", "cpu", "cpus", "cores", "storage", "disk",
		"capacity", "nodes", "instances", "shards", "partitions",
		"iops", "throughput", "heap", "gb", "mb", "gib", "mib", "sku",
		"min", "max", "desired", "concurrency", "workers",
		"connections", "buffers", "pool", "threads", NULL };
	static const char *const machines[] = { "instance", "machine", "node",
		"vm", "flavor", "compute", NULL };
	static const char *const types[] = { "type", "class", "size", "sku",
		"tier", "types", NULL };

	return is_any(end_of(w, 0), last) ||
	    (is_any(end_of(w, 0), types) && is_any(end_of(w, 1), machines));
}

static bool
is_version(const struct words *w)
{
	static const char *const last[] = { "version", "tag", "ref", "revision",
		"versions", NULL };

	return is_any(end_of(w, 0), last) && !has(w, "api") && !has(w, "tls") &&
	    !has(w, "ssl") && !has(w, "schema");
}

static enum gv_meaning
judge(const struct words *w, const char *p, size_t n)
{
	if (is_volatile(w, p, n))
		return GV_MEANING_VOLATILE;
	if (is_risk(w))
		return GV_MEANING_RISK;
	if (is_guard(w))
		return GV_MEANING_GUARD;
	if (strcmp(end_of(w, 0), "image") == 0 ||
	    (n == 4 && !memcmp(p, "FROM", 4)))
		return GV_MEANING_IMAGE;
	if (is_version(w))
		return GV_MEANING_VERSION;
	return is_size(w) ? GV_MEANING_SIZE : GV_MEANING_OTHER;
}

enum gv_meaning
gv_meaning_of(const char *key, size_t len)
{
	enum gv_meaning meaning;
	struct words w;
	const char *p;
	size_t n;

	p = gv_meaning_last(&n, key, len);
	split(&w, p, n);
	meaning = judge(&w, p, n);
	if (meaning != GV_MEANING_OTHER || p == key ||
	    (strcmp(end_of(&w, 0), "enabled") != 0 &&
		strcmp(end_of(&w, 0), "enable") != 0))
		return meaning;
	/* tls.enabled */
	p = gv_meaning_last(&n, key, (size_t)(p - key) - 1);
	split(&w, p, n);
	meaning = judge(&w, p, n);
	return meaning == GV_MEANING_GUARD || meaning == GV_MEANING_RISK
	    ? meaning
	    : GV_MEANING_OTHER;
}

bool
gv_meaning_is_own(const char *key, size_t len)
{
	static const char *const last[] = { "id", "ids", "arn", "arns", "uid",
		"uuid", "etag", "fingerprint", "hash", "md5", "sha1", "sha256",
		"checksum", "link", "endpoint", "address", "addresses", "ip",
		"ips", "fqdn", "dns", NULL };
	static const char *const whole[] = { "dns_name", "private_dns",
		"public_dns", "domain_name", "unique_id", "owner", "created",
		"create_date", "creation_date", "create_time", "creation_time",
		"latest_restorable_time", "expiration", "name_prefix", "result",
		"hex", "dec", "b64_std", "b64_url", "bucket_domain_name",
		"bucket_regional_domain_name", "invoke_url", NULL };
	struct words w;
	const char *p;
	size_t n, i;

	/* tags.Name of the address of an attribute is no id: only its last
	 * step counts */
	p = gv_meaning_last(&n, key, len);
	split(&w, p, n);
	for (i = 0; whole[i]; i++)
		if (strlen(whole[i]) == n && memcmp(whole[i], p, n) == 0)
			return true;
	return is_any(end_of(&w, 0), last);
}

bool
gv_meaning_is_number(const char *key, size_t len, bool is_object)
{
	static const char *const fields[] = { "replicas", "minReplicas",
		"maxReplicas", "containerPort", "nodePort", "hostPort", "port",
		"terminationGracePeriodSeconds", "initialDelaySeconds",
		"periodSeconds", "timeoutSeconds", "successThreshold",
		"failureThreshold", "runAsUser", "runAsGroup", "fsGroup",
		"parallelism", "completions", "backoffLimit",
		"revisionHistoryLimit", "progressDeadlineSeconds",
		"activeDeadlineSeconds", "minReadySeconds", "weight",
		"replicaCount", NULL };
	size_t i, n;
	const char *p = gv_meaning_last(&n, key, len);

	for (i = 0; fields[i]; i++)
		if (strlen(fields[i]) == n && memcmp(fields[i], p, n) == 0)
			return is_object || i == 0 || fields[i + 1] == NULL;
	return false;
}

int
gv_meaning_is_on(const char *p, size_t len)
{
	static const char *const on[] = { "true", "yes", "on", "enabled",
		"enable", "require", "required", "verify-full", "verify-ca",
		NULL };
	static const char *const off[] = { "false", "no", "off", "disabled",
		"disable", "none", "suspended", NULL };
	size_t i;

	for (i = 0; on[i]; i++)
		if (strlen(on[i]) == len && strncasecmp(on[i], p, len) == 0)
			return 1;
	for (i = 0; off[i]; i++)
		if (strlen(off[i]) == len && strncasecmp(off[i], p, len) == 0)
			return 0;
	return -1;
}

unsigned
gv_meaning_shared(const char *a, size_t a_len, const char *b, size_t b_len)
{
	struct words x, y;
	size_t i, n, most;
	unsigned shared = 0;
	const char *p;

	p = gv_meaning_last(&n, a, a_len);
	split(&x, p, n);
	p = gv_meaning_last(&n, b, b_len);
	split(&y, p, n);
	for (i = 0; i < x.n; i++)
		shared += has(&y, x.words[i]);
	most = x.n > y.n ? x.n : y.n;
	return most ? shared * 100 / (unsigned)most : 0;
}
