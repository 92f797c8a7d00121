#include "lex/name.h"

#include <stdlib.h>
#include <string.h>

#include "lex/ascii.h"

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

/* Those of five letters and more are also found at the end of words that were
 * run together: dbpassword. Accents are taken off before, so hasło is haslo. */
static const struct core cores[] = {
	CORE("accesskey", GV_NAME_KEY),
	CORE("apikey", GV_NAME_KEY),
	CORE("apitoken", GV_NAME_TOKEN),
	CORE("authkey", GV_NAME_KEY),
	CORE("authtok", GV_NAME_PASSWORD),
	CORE("authtoken", GV_NAME_TOKEN),
	CORE("bearer", GV_NAME_TOKEN),
	CORE("clientsecret", GV_NAME_TOKEN),
	CORE("credential", GV_NAME_TOKEN),
	CORE("credentials", GV_NAME_TOKEN),
	CORE("creds", GV_NAME_TOKEN),
	CORE("encryptionkey", GV_NAME_KEY),
	CORE("masterauth", GV_NAME_PASSWORD),
	CORE("masterkey", GV_NAME_KEY),
	CORE("pass", GV_NAME_PASSWORD),
	CORE("passcode", GV_NAME_PASSWORD),
	CORE("passphrase", GV_NAME_PASSPHRASE),
	CORE("passwd", GV_NAME_PASSWORD),
	CORE("password", GV_NAME_PASSWORD),
	CORE("passwords", GV_NAME_PASSWORD),
	CORE("passwrd", GV_NAME_PASSWORD),
	CORE("pat", GV_NAME_TOKEN),
	CORE("preshared", GV_NAME_KEY),
	CORE("privatekey", GV_NAME_KEY),
	CORE("psk", GV_NAME_PASSWORD),
	CORE("psw", GV_NAME_PASSWORD),
	CORE("pw", GV_NAME_PASSWORD),
	CORE("pwd", GV_NAME_PASSWORD),
	CORE("secret", GV_NAME_TOKEN),
	CORE("secretkey", GV_NAME_KEY),
	CORE("secrets", GV_NAME_TOKEN),
	CORE("signingkey", GV_NAME_KEY),
	CORE("token", GV_NAME_TOKEN),
	CORE("tokens", GV_NAME_TOKEN),
	/* a password in other languages */
	CORE("adgangskode", GV_NAME_PASSWORD),
	CORE("clave", GV_NAME_PASSWORD),
	CORE("contrasena", GV_NAME_PASSWORD),
	CORE("contrasenya", GV_NAME_PASSWORD),
	CORE("geslo", GV_NAME_PASSWORD),
	CORE("haslo", GV_NAME_PASSWORD),
	CORE("heslo", GV_NAME_PASSWORD),
	CORE("jelszo", GV_NAME_PASSWORD),
	CORE("katasandi", GV_NAME_PASSWORD),
	CORE("kennwort", GV_NAME_PASSWORD),
	CORE("kodeord", GV_NAME_PASSWORD),
	CORE("losenord", GV_NAME_PASSWORD),
	CORE("lozinka", GV_NAME_PASSWORD),
	CORE("matkhau", GV_NAME_PASSWORD),
	CORE("mdp", GV_NAME_PASSWORD),
	CORE("motdepasse", GV_NAME_PASSWORD),
	CORE("palavrapasse", GV_NAME_PASSWORD),
	CORE("parola", GV_NAME_PASSWORD),
	CORE("parool", GV_NAME_PASSWORD),
	CORE("passord", GV_NAME_PASSWORD),
	CORE("passwort", GV_NAME_PASSWORD),
	CORE("salasana", GV_NAME_PASSWORD),
	CORE("senha", GV_NAME_PASSWORD),
	CORE("sifre", GV_NAME_PASSWORD),
	CORE("slaptazodis", GV_NAME_PASSWORD),
	CORE("wachtwoord", GV_NAME_PASSWORD),
	CORE("zaporka", GV_NAME_PASSWORD),
	CORE("пароль", GV_NAME_PASSWORD),
	CORE("парола", GV_NAME_PASSWORD),
	CORE("гасло", GV_NAME_PASSWORD),
	CORE("лозинка", GV_NAME_PASSWORD),
	CORE("κωδικος", GV_NAME_PASSWORD),
	CORE("κωδικός", GV_NAME_PASSWORD),
	CORE("סיסמה", GV_NAME_PASSWORD),
	CORE("密码", GV_NAME_PASSWORD),
	CORE("密碼", GV_NAME_PASSWORD),
	CORE("口令", GV_NAME_PASSWORD),
	CORE("パスワード", GV_NAME_PASSWORD),
	CORE("비밀번호", GV_NAME_PASSWORD),
	CORE("암호", GV_NAME_PASSWORD),
	CORE("пассфраза", GV_NAME_PASSPHRASE),
	CORE("токен", GV_NAME_TOKEN),
	CORE("секрет", GV_NAME_TOKEN),
	CORE("令牌", GV_NAME_TOKEN),
	CORE("密钥", GV_NAME_KEY),
	CORE("密鑰", GV_NAME_KEY),
};

/* Words that end with one of these, and mean something else. */
static const char *const no_cores[] = { "autopass", "bypass", "compass",
	"encompass", "multipass", "nopasswd", "overpass", "stdinpass",
	"surpass", "trespass", "underpass" };

/* Behind the word that promises a secret: this is about it, not it. */
static const char *const about[] = { "account", "accounts", "age", "alg",
	"algorithm", "algorithms", "allowed", "annotation", "annotations",
	"args", "arguments", "arn", "at", "attempts", "attr", "attribute",
	"attributes", "attrs", "audience", "backend", "broker", "bucket",
	"cache", "change", "changed", "char", "characters", "chars", "charset",
	"check", "class", "cmd", "command", "complexity", "config",
	"configuration", "cost", "count", "created", "date", "days",
	"description", "dialog", "digest", "dir", "directory", "disabled",
	"duration", "enabled", "encoder", "encryption", "endpoint", "endpoints",
	"engine", "env", "error", "exchange", "expiration", "expire", "expired",
	"expires", "expiry", "field", "file", "filename", "files", "filter",
	"filters", "fingerprint", "format", "from", "generator", "grace",
	"guid", "hash", "hasher", "hashing", "header", "help", "hint",
	"history", "host", "hosts", "hours", "id", "identifier", "identity",
	"ids", "image", "images", "index", "interval", "issuer", "iterations",
	"key", "keys", "kind", "label", "labels", "last", "len", "length",
	"less", "level", "lifetime", "limit", "limits", "list", "location",
	"lock", "lookup", "magic", "manager", "mandatory", "mapping", "match",
	"max", "message", "meta", "metadata", "method", "min", "minimum",
	"minutes", "mode", "mount", "name", "names", "namespace", "option",
	"optional", "options", "owner", "parallelism", "param", "parameter",
	"path", "paths", "pattern", "period", "permissions", "placeholder",
	"policies", "policy", "prefix", "present", "prompt", "property",
	"protected", "protection", "provider", "providers", "public", "quality",
	"rate", "realm", "ref", "reference", "refs", "regex", "region",
	"renewal", "required", "requirements", "reset", "resolver", "resource",
	"retention", "reverse", "review", "role", "rotation", "rounds", "rule",
	"rules", "schedule", "scheme", "scope", "scopes", "seconds", "selector",
	"sender", "server", "service", "sha", "size", "source", "state",
	"status", "stdin", "storage", "store", "strategy", "strength",
	"subject", "suffix", "sync", "template", "text", "threshold", "through",
	"thru", "time", "timeout", "title", "ttl", "type", "types", "uri",
	"url", "urls", "usage", "used", "user", "username", "users", "uuid",
	"uuids", "validation", "validator", "validity", "var", "variable",
	"variant", "verify", "version", "versions", "visible", "volume",
	"window" };

/* In front of it. */
static const char *const before[] = { "allow", "ask", "by", "cancel",
	"cancellation", "change", "check", "confirm", "continuation", "delete",
	"design", "disable", "disabled", "dummy", "empty", "enable", "existing",
	"expire", "external", "fake", "fastcgi", "force", "forgot", "forgotten",
	"from", "generate", "has", "hashed", "have", "hide", "ignore",
	"invalid", "is", "list", "max", "min", "missing", "mock", "need",
	"needs", "next", "no", "one", "page", "previous", "pull", "require",
	"required", "requires", "reset", "rotate", "scgi", "show", "skip",
	"sync", "update", "use", "using", "uwsgi", "validate", "verify", "with",
	"without", "wrong" };

/* Makes a secret of a `key`. */
static const char *const of_key[] = { "access", "account", "admin", "aes",
	"api", "app", "application", "auth", "authentication", "bot", "cipher",
	"client", "consumer", "cookie", "crypt", "crypto", "decrypt",
	"decryption", "deploy", "deployment", "des", "encrypt", "encryption",
	"function", "functions", "gateway", "hash", "hmac", "ingest",
	"ingestion", "integration", "jwt", "licence", "license", "machine",
	"master", "priv", "private", "rest", "root", "secret", "server",
	"service", "session", "shared", "sign", "signature", "signing", "ssh",
	"storage", "subscription", "symm", "symmetric", "unseal", "validation",
	"webhook", "wp", "write" };

/* Makes a secret of a `code`. */
static const char *const of_code[] = { "alarm", "disarm", "door", "pin" };

/* Makes one of a `pin`. */
static const char *const of_pin[] = { "admin", "card", "login", "secret",
	"security", "sim", "user" };

/* In front of a `key` that finds or sorts something, or is known to all. */
static const char *const no_key[] = { "apt", "array", "authorized", "base",
	"bucket", "cache", "candidate", "child", "code", "column", "composite",
	"config", "data", "dedup", "dict", "down", "event", "field", "file",
	"foreign", "gpg", "group", "hot", "i", "id", "idempotency", "idx",
	"index", "item", "known", "label", "left", "locale", "lookup", "map",
	"measurement", "menu", "message", "metric", "name", "natural", "node",
	"object", "option", "order", "parent", "partition", "path", "pgp",
	"prefix", "press", "primary", "project", "prop", "property", "pub",
	"public", "publishable", "query", "range", "redis", "registry", "right",
	"route", "row", "s", "search", "setting", "shard", "shortcut", "site",
	"sort", "state", "store", "sub", "tab", "tag", "text", "title", "topic",
	"translation", "trust", "type", "unique", "up", "user", "value", "var",
	"website", "widget" };

/* In front of a `seed` that only makes chance repeatable. */
static const char *const no_seed[] = { "data", "database", "db", "fuzz",
	"global", "hash", "noise", "np", "numpy", "python", "rand", "random",
	"rng", "sampling", "shuffle", "test", "torch", "use", "with", "world" };

/* A word that may be a secret, and as often is not. */
static const char *const weak[] = { "auth", "authorization", "cookie", "key",
	"pin", "seed", "session", "unseal" };

static bool
is_word(char ch)
{
	return gv_ascii_is_upper(ch) || (ch >= 'a' && ch <= 'z') ||
	    (ch >= '0' && ch <= '9') || (ch & 0x80);
}

/* A word begins here: behind another character, at a capital behind a small
 * letter, and at the last of several capitals, if a small letter follows
 * (APIKey). */
static bool
begins(const char *p, size_t i, size_t len)
{
	if (i == 0 || !is_word(p[i - 1]))
		return true;
	/* Ñ and the like are of either case */
	if (!gv_ascii_is_upper(p[i]) || p[i - 1] & 0x80)
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

/* Letters of U+00C0 to U+017F without their accents, 64 a lead byte. */
static const char *const plain[] = {
	"aaaaaaaceeeeiiiidnooooo.ouuuuypsaaaaaaaceeeeiiiidnooooo.ouuuuypy",
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll",
	"lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs",
};

/* Take the accents off the Latin letters of a word, in place, and make those of
 * Cyrillic small. */
static void
fold(char *word)
{
	const unsigned char *in = (const unsigned char *)word;
	unsigned char *out = (unsigned char *)word;

	for (; *in; in++) {
		if (*in >= 0xc3 && *in <= 0xc5 && (in[1] & 0xc0) == 0x80) {
			*out++ = (unsigned char)plain[*in - 0xc3][in[1] & 63];
			in++;
		} else if (*in == 0xd0 && in[1] >= 0x90 && in[1] < 0xb0) {
			*out++ = in[1] < 0xa0 ? 0xd0 : 0xd1;
			in++;
			*out++ =
			    (unsigned char)(*in < 0xa0 ? *in + 32 : *in - 32);
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
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
		fold(word);
	}
}

static int
compare(const void *key, const void *word)
{
	const unsigned char *a = key, *b = *(const unsigned char *const *)word;

	/* most differ in the first */
	return *a != *b ? *a - *b : strcmp(key, *(const char *const *)word);
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

	/* passwordsalt; cobalt and basalt are shorter */
	if (len > 7 && strcmp(word + len - 4, "salt") == 0)
		return GV_NAME_KEY;

	/* nothing else ends so: bindpw, dbpwd, sshpass */
	if (!IS_IN(word, no_cores) &&
	    ((len > 3 && strcmp(word + len - 2, "pw") == 0) ||
		(len > 4 && strcmp(word + len - 3, "pwd") == 0) ||
		(len > 5 && strcmp(word + len - 4, "pass") == 0)))
		return GV_NAME_PASSWORD;
	for (i = 0; i < sizeof(cores) / sizeof(cores[0]); i++) {
		const struct core *c = &cores[i];

		/* most end otherwise; enclave is no clave */
		if (c->len > len || word[len - 1] != c->word[c->len - 1] ||
		    (c->len < len &&
			(c->len <= 4 || strcmp(c->word, "clave") == 0)))
			continue;
		if (memcmp(word + len - c->len, c->word, c->len) == 0)
			return IS_IN(word, no_cores) ? GV_NAME_PLAIN : c->name;
	}
	return GV_NAME_PLAIN;
}

/* search_api_key: it is in the pages that search with it. */
static bool
is_search_key(const struct words *w, size_t i)
{
	return i > 1 && strcmp(w->text[i - 1], "api") == 0 &&
	    strcmp(w->text[i - 2], "search") == 0;
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
		return is_search_key(w, i) ? GV_NAME_PLAIN : GV_NAME_KEY;
	if (i == 0)
		return GV_NAME_PLAIN;
	if (strcmp(word, "phrase") == 0 && strcmp(w->text[i - 1], "pass") == 0)
		return GV_NAME_PASSPHRASE;
	/* clear-text="…", of Elytron's credentials */
	if (strcmp(word, "text") == 0 && strcmp(w->text[i - 1], "clear") == 0)
		return GV_NAME_PASSWORD;
	/* alarm_code, pinCode: a number that opens */
	if (strcmp(word, "code") == 0 && IS_IN(w->text[i - 1], of_code))
		return GV_NAME_PASSWORD;
	/* secret_pin, user_pin of a token */
	if (strcmp(word, "pin") == 0 && IS_IN(w->text[i - 1], of_pin))
		return GV_NAME_PASSWORD;
	/* mot de passe, palavra-passe, mật khẩu */
	if ((strcmp(word, "passe") == 0 &&
		(strcmp(w->text[i - 1], "de") == 0 ||
		    strcmp(w->text[i - 1], "palavra") == 0)) ||
	    (strcmp(word, "khau") == 0 && strcmp(w->text[i - 1], "mat") == 0) ||
	    (strcmp(word, "sandi") == 0 && strcmp(w->text[i - 1], "kata") == 0))
		return GV_NAME_PASSWORD;
	/* totp_seed, password_salt */
	return strcmp(word, "salt") == 0 || strcmp(word, "pepper") == 0 ||
		(strcmp(word, "seed") == 0 && !IS_IN(w->text[i - 1], no_seed))
	    ? GV_NAME_KEY
	    : GV_NAME_PLAIN;
}

/* GEOTILES_KEY: of some service, unless the word before says what else it is
 * the key of. */
static enum gv_name
last_word(const struct words *w)
{
	/* a salt is as long and random as a key, or of nobody; so is what
	 * Consul and Nomad encrypt with */
	if (w->n == 1 &&
	    (strcmp(w->text[0], "salt") == 0 ||
		strcmp(w->text[0], "pepper") == 0 ||
		strcmp(w->text[0], "encrypt") == 0))
		return GV_NAME_OF_KEY;
	if (w->n == 1)
		return IS_IN(w->text[0], weak) ? GV_NAME_WEAK : GV_NAME_PLAIN;
	/* NPM_AUTH, if it is random */
	if (w->n > 1 && strcmp(w->text[w->n - 1], "auth") == 0 &&
	    !IS_IN(w->text[w->n - 2], before))
		return GV_NAME_OF_KEY;
	if (w->n == 0 || strcmp(w->text[w->n - 1], "key") != 0 ||
	    is_search_key(w, w->n - 1) || IS_IN(w->text[w->n - 2], no_key) ||
	    IS_IN(w->text[w->n - 2], about) || IS_IN(w->text[w->n - 2], before))
		return GV_NAME_PLAIN;
	return GV_NAME_OF_KEY;
}

/* What stands behind number `i` and takes its promise back. "secret_key" is a
 * secret, "password_key" the key under which one is found. */
static bool
is_about(const struct words *w, size_t i)
{
	size_t k;

	for (k = i + 1; k < w->n; k++) {
		if (strcmp(w->text[k], "key") == 0 &&
		    (strcmp(w->text[k - 1], "secret") == 0 ||
			strcmp(w->text[k - 1], "token") == 0))
			continue;
		if (IS_IN(w->text[k], about))
			return true;
	}
	return false;
}

/* Whether a word in front of the promise takes it back: check_password and
 * from_password, but not health_check_password and smtp_from_password. */
static bool
is_verb(const struct words *w, size_t i)
{
	return IS_IN(w->text[i], before) &&
	    (i == 0 ||
		(strcmp(w->text[i], "check") != 0 &&
		    strcmp(w->text[i], "from") != 0));
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
	/* OPENSSL_KEY_V1: the first of its versions */
	if (w.n > 1 && strcmp(w.text[w.n - 1], "v") == 0)
		w.n--;
	/* the last promise counts: in "secrets.db.name" there is none */
	for (i = w.n; i-- > 0;) {
		found = promise(&w, i);
		if (found != GV_NAME_PLAIN)
			break;
	}
	if (found == GV_NAME_PLAIN)
		return last_word(&w);
	/* ServerTokens, of Apache */
	if (i > 0 && strcmp(w.text[i], "tokens") == 0 &&
	    strcmp(w.text[i - 1], "server") == 0)
		return GV_NAME_PLAIN;
	/* hash_passwords: how they are hashed */
	if (i > 0 && strcmp(w.text[i - 1], "hash") == 0 &&
	    found == GV_NAME_PASSWORD)
		return GV_NAME_PLAIN;
	if (is_about(&w, i) || (i > 0 && is_verb(&w, i - 1)))
		return GV_NAME_PLAIN;
	if (strcmp(w.text[i], "key") == 0 && i > 1 &&
	    IS_IN(w.text[i - 2], before))
		return GV_NAME_PLAIN;
	/* publicKeyToken, of an assembly */
	return i > 1 && strcmp(w.text[i - 2], "public") == 0 &&
		strcmp(w.text[i], "salt") != 0
	    ? GV_NAME_PLAIN
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
