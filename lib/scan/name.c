#include "scan/name.h"

#include <stdlib.h>
#include <string.h>

#include "scan/ascii.h"

#define WORDS_MAX 16
#define WORD_MAX  24

/* A name in small letters, its words apart. */
struct words {
	char text[WORDS_MAX][WORD_MAX];
	size_t n;
};

struct core {
	const char *word;
	size_t len;
	enum gv_name name;
};

#define CORE(word, name)                                                       \
	{                                                                      \
		word, sizeof(word) - 1, name                                   \
	}

/* Sorted. Those of four letters and more are also found at the end of words
 * that were run together: dbpassword. */
static const struct core cores[] = {
	CORE("accesskey", GV_NAME_KEY),
	CORE("apikey", GV_NAME_KEY),
	CORE("apitoken", GV_NAME_TOKEN),
	CORE("authkey", GV_NAME_KEY),
	CORE("authtoken", GV_NAME_TOKEN),
	CORE("bearer", GV_NAME_TOKEN),
	CORE("clientsecret", GV_NAME_TOKEN),
	CORE("credential", GV_NAME_TOKEN),
	CORE("credentials", GV_NAME_TOKEN),
	CORE("creds", GV_NAME_TOKEN),
	CORE("encryptionkey", GV_NAME_KEY),
	CORE("keypass", GV_NAME_PASSWORD),
	CORE("masterkey", GV_NAME_KEY),
	CORE("pass", GV_NAME_PASSWORD),
	CORE("passcode", GV_NAME_PASSWORD),
	CORE("passphrase", GV_NAME_PASSPHRASE),
	CORE("passwd", GV_NAME_PASSWORD),
	CORE("password", GV_NAME_PASSWORD),
	CORE("passwords", GV_NAME_PASSWORD),
	CORE("pat", GV_NAME_TOKEN),
	CORE("preshared", GV_NAME_KEY),
	CORE("privatekey", GV_NAME_KEY),
	CORE("psk", GV_NAME_PASSWORD),
	CORE("pw", GV_NAME_PASSWORD),
	CORE("pwd", GV_NAME_PASSWORD),
	CORE("rootpw", GV_NAME_PASSWORD),
	CORE("secret", GV_NAME_TOKEN),
	CORE("secretkey", GV_NAME_KEY),
	CORE("secrets", GV_NAME_TOKEN),
	CORE("signingkey", GV_NAME_KEY),
	CORE("storepass", GV_NAME_PASSWORD),
	CORE("token", GV_NAME_TOKEN),
	CORE("tokens", GV_NAME_TOKEN),
};

/* Behind the word that promises a secret: this is about it, not it. */
static const char *const about[] = { "account", "accounts", "age", "alg",
	"algorithm", "algorithms", "allowed", "annotation", "annotations",
	"args", "arguments", "arn", "at", "attempts", "attr", "attribute",
	"attributes", "attrs", "audience", "backend", "bucket", "cache",
	"change", "changed", "char", "characters", "chars", "charset", "check",
	"class", "cmd", "command", "complexity", "config", "configuration",
	"count", "created", "date", "days", "description", "digest", "dir",
	"directory", "disabled", "duration", "enabled", "encoder", "encryption",
	"endpoint", "endpoints", "engine", "error", "exchange", "expiration",
	"expire", "expired", "expires", "expiry", "field", "file", "filename",
	"files", "filter", "filters", "fingerprint", "format", "from",
	"generator", "grace", "hash", "hasher", "hashing", "header", "help",
	"hint", "history", "host", "hours", "id", "identifier", "ids", "index",
	"interval", "issuer", "key", "keys", "kind", "label", "labels", "last",
	"len", "length", "less", "level", "lifetime", "limit", "limits", "list",
	"location", "lock", "lookup", "manager", "mandatory", "mapping", "max",
	"message", "metadata", "method", "min", "minimum", "minutes", "mode",
	"mount", "name", "names", "namespace", "option", "optional", "options",
	"owner", "param", "parameter", "path", "paths", "pattern", "period",
	"permissions", "placeholder", "policies", "policy", "prefix", "present",
	"prompt", "property", "protected", "protection", "provider",
	"providers", "quality", "rate", "ref", "reference", "refs", "regex",
	"region", "renewal", "required", "requirements", "reset", "resolver",
	"resource", "retention", "review", "role", "rotation", "rule", "rules",
	"schedule", "scheme", "scope", "scopes", "seconds", "selector",
	"server", "service", "size", "source", "state", "status", "storage",
	"store", "strategy", "strength", "subject", "suffix", "sync",
	"template", "text", "threshold", "through", "thru", "time", "timeout",
	"title", "ttl", "type", "types", "uri", "url", "urls", "usage", "used",
	"user", "username", "users", "validation", "validator", "validity",
	"var", "variable", "verify", "version", "versions", "visible", "volume",
	"window" };

/* In front of it. */
static const char *const before[] = { "allow", "cancel", "cancellation",
	"change", "check", "confirm", "continuation", "delete", "design",
	"disable", "dummy", "empty", "enable", "existing", "expire", "external",
	"fake", "force", "forgot", "forgotten", "generate", "has", "have",
	"hide", "ignore", "invalid", "is", "list", "max", "min", "missing",
	"mock", "need", "needs", "next", "no", "page", "previous", "pull",
	"require", "required", "requires", "reset", "rotate", "show", "skip",
	"sync", "update", "use", "using", "validate", "verify", "with",
	"without", "wrong" };

/* Makes a secret of a `key`. */
static const char *const of_key[] = { "access", "account", "admin", "aes",
	"api", "app", "application", "auth", "authentication", "bot", "cipher",
	"client", "consumer", "cookie", "crypt", "crypto", "decrypt",
	"decryption", "deploy", "deployment", "encrypt", "encryption",
	"function", "functions", "gateway", "hash", "hmac", "ingest",
	"ingestion", "integration", "jwt", "licence", "license", "machine",
	"master", "priv", "private", "rest", "root", "secret", "server",
	"service", "session", "shared", "sign", "signature", "signing", "ssh",
	"storage", "subscription", "symmetric", "unseal", "webhook", "wp",
	"write" };

/* A word that may be a secret, and as often is not. */
static const char *const weak[] = { "auth", "authorization", "cookie", "key",
	"pepper", "pin", "salt", "seed", "session", "unseal" };

static bool
is_word(char ch)
{
	return gv_ascii_is_upper(ch) || (ch >= 'a' && ch <= 'z') ||
	    (ch >= '0' && ch <= '9') || (ch & 0x80);
}

/* A word begins here: behind what is none, at a capital behind a small letter,
 * and at the last of several capitals, if a small letter follows (APIKey). */
static bool
begins(const char *p, size_t i, size_t len)
{
	if (i == 0 || !is_word(p[i - 1]))
		return true;
	if (!gv_ascii_is_upper(p[i]))
		return false;
	return !gv_ascii_is_upper(p[i - 1]) ||
	    (i + 1 < len && p[i + 1] >= 'a' && p[i + 1] <= 'z');
}

/* The digits behind a word count it: password2. */
static size_t
without_digits(const char *word, size_t n)
{
	while (n > 1 && word[n - 1] >= '0' && word[n - 1] <= '9')
		n--;
	return n;
}

/* Only the last words are kept where there are many. */
static char *
add_word(struct words *w)
{
	if (w->n == WORDS_MAX) {
		memmove(w->text[0], w->text[1],
		    sizeof(w->text) - sizeof(w->text[0]));
		w->n--;
	}
	return w->text[w->n++];
}

static void
split(struct words *w, const char *name, size_t len)
{
	size_t i, n, k;

	w->n = 0;
	for (i = 0; i < len; i += n) {
		char *word;

		for (n = 1; i + n < len && is_word(name[i + n]) &&
		     !begins(name, i + n, len);
		     n++)
			;
		if (!is_word(name[i]))
			continue;
		word = add_word(w);
		k = without_digits(name + i, n);
		if (k >= WORD_MAX) /* its end says what it is */
			k = WORD_MAX - 1;
		memcpy(word,
		    name + i + (n > k ? without_digits(name + i, n) - k : 0),
		    k);
		word[k] = '\0';
		for (k = 0; word[k]; k++)
			word[k] = gv_ascii_small(word[k]);
	}
}

static int
compare(const void *key, const void *word)
{
	return strcmp(key, *(const char *const *)word);
}

static bool
is_in(const char *word, const char *const *list, size_t n)
{
	return bsearch(word, list, n, sizeof(*list), compare) != NULL;
}

#define IS_IN(word, list) is_in(word, list, sizeof(list) / sizeof((list)[0]))

static enum gv_name
core_of(const char *word)
{
	size_t len = strlen(word), i;

	for (i = 0; i < sizeof(cores) / sizeof(cores[0]); i++) {
		const struct core *c = &cores[i];

		if (c->len > len || (c->len < len && c->len <= 4))
			continue;
		if (memcmp(word + len - c->len, c->word, c->len) != 0)
			continue;
		/* NOPASSWD, of sudo */
		return len == c->len + 2 && memcmp(word, "no", 2) == 0
		    ? GV_NAME_PLAIN
		    : c->name;
	}
	return GV_NAME_PLAIN;
}

/* Word number `i`, with the one before where that is what makes it a secret. */
static enum gv_name
promise(const struct words *w, size_t i)
{
	const char *word = w->text[i];
	enum gv_name name = core_of(word);

	if (name != GV_NAME_PLAIN)
		return name;
	if ((strcmp(word, "key") == 0 || strcmp(word, "keys") == 0) && i > 0 &&
	    IS_IN(w->text[i - 1], of_key))
		return GV_NAME_KEY;
	if (strcmp(word, "phrase") == 0 && i > 0 &&
	    strcmp(w->text[i - 1], "pass") == 0)
		return GV_NAME_PASSPHRASE;
	return GV_NAME_PLAIN;
}

/* What stands behind number `i` and takes its promise back. "secret_key" is a
 * secret, "password_key" the key under which one is found. */
static bool
is_about(const struct words *w, size_t i)
{
	size_t k;

	for (k = i + 1; k < w->n; k++) {
		if (strcmp(w->text[k], "key") == 0 &&
		    strcmp(w->text[k - 1], "secret") == 0)
			continue;
		if (IS_IN(w->text[k], about))
			return true;
	}
	return false;
}

enum gv_name
gv_name_judge(const char *name, size_t len)
{
	enum gv_name found = GV_NAME_PLAIN;
	struct words w;
	size_t i;

	if (len > GV_NAME_MAX)
		return GV_NAME_PLAIN;
	split(&w, name, len);
	/* the last promise counts: in "secrets.db.name" there is none */
	for (i = w.n; i-- > 0;) {
		found = promise(&w, i);
		if (found != GV_NAME_PLAIN)
			break;
	}
	if (found == GV_NAME_PLAIN)
		return w.n == 1 && IS_IN(w.text[0], weak) ? GV_NAME_WEAK
							  : GV_NAME_PLAIN;
	if (is_about(&w, i) || (i > 0 && IS_IN(w.text[i - 1], before)))
		return GV_NAME_PLAIN;
	if (strcmp(w.text[i], "key") == 0 && i > 1 &&
	    IS_IN(w.text[i - 2], before))
		return GV_NAME_PLAIN;
	/* publicKeyToken, of an assembly */
	return i > 1 && strcmp(w.text[i - 2], "public") == 0 ? GV_NAME_PLAIN
							     : found;
}

bool
gv_name_has(const char *name, size_t len, const char *wanted)
{
	size_t from, i;
	const char *p;

	for (from = 0; from < len; from++) {
		if (!begins(name, from, len) || !is_word(name[from]))
			continue;
		for (i = from, p = wanted; *p; p++) {
			if (!is_word(*p))
				continue;
			while (i < len && !is_word(name[i]))
				i++;
			if (i == len ||
			    gv_ascii_small(name[i]) != gv_ascii_small(*p))
				break;
			i++;
		}
		if (*p == '\0')
			return true;
	}
	return false;
}
