#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/time.h"
#include "crypto/bech32.h"
#include "crypto/ssh.h"
#include "key/keyring.h"
#include "repo/hash.h"

/*
 * Printable ASCII, each line ended by LF, words with one blank between. There
 * is one way only to write the same version:
 *	git-vault keyring 1 | 2 | 3		3 where a line 'policy' is, else
 *						2 where a line 'verifier' is
 *	version <number>
 *	previous none | <64 digits: SHA-256 of the version before>
 *	time <YYYY-MM-DDTHH:MM:SSZ>
 *	idkey <64 digits: of the id key>
 *	scope <name>				sorted, "shared" among them
 *	recipient <name> <role> *|-|<scope>,… <key>	sorted
 *	signer <name> ssh-ed25519 <base64>	sorted, one for each owner
 *	verifier <name> ssh-ed25519 <base64>	sorted, of whom one is known
 *	policy <file> <64 digits: SHA-256>	sorted, each that was accepted
 */

#define WORD_MAX 40 /* characters of a word that a message repeats */

struct reader {
	struct gv_keyring *k;
	size_t at; /* the first field that may come now */
	unsigned line, format;
	const char **scopes;
	bool *is_read; /* for each of them: somebody may */
	const char *last_signer, *last_verifier;
	struct gv_keyring_policy *policies;
	struct gv_map keys, signers; /* what is there already */
};

struct field {
	const char *word;
	bool once;
	int (*read)(struct reader *rd, char *rest);
};

/* ---- words ---- */

/* The next word; what is behind it is the rest, "" at the end. */
static char *
take(char **rest)
{
	char *word = *rest, *blank = strchr(word, ' ');

	*rest = blank ? blank + 1 : word + strlen(word);
	if (blank)
		*blank = '\0';
	return word;
}

static int
check_name(const char *word)
{
	if (gv_keyring_is_name(word, strlen(word)))
		return 0;
	return gv_err(GV_ECORRUPT,
	    "'%.*s' is no name: that is up to %d letters, digits and ._@+-, "
	    "a letter or digit first",
	    WORD_MAX, word, GV_KEYRING_NAME_MAX);
}

static int
check_order(const char *before, const char *name, const char *what)
{
	int c = before ? strcmp(before, name) : -1;

	if (c == 0)
		return gv_err(GV_ECORRUPT,
		    "the %s %s is there twice; keep one of them", what, name);
	if (c > 0)
		return gv_err(GV_ECORRUPT,
		    "the %s %s comes after %s; sort them by name", what, name,
		    before);
	return 0;
}

static int
read_digest(unsigned char out[GV_KEYRING_DIGEST], const char *word)
{
	char again[2 * GV_KEYRING_DIGEST + 1];

	if (strlen(word) == sizeof(again) - 1 &&
	    gv_enc_unhex(out, word, GV_KEYRING_DIGEST) == 0) {
		gv_enc_hex(again, out, GV_KEYRING_DIGEST);
		if (strcmp(again, word) == 0)
			return 0;
	}
	return gv_err(GV_ECORRUPT,
	    "'%.*s' is no digest of %d hexadecimal digits in lower case",
	    WORD_MAX, word, 2 * GV_KEYRING_DIGEST);
}

/* ---- the fields that stand once ---- */

static int
read_version(struct reader *rd, char *rest)
{
	const char *p;
	unsigned n = 0;

	for (p = rest; *p >= '0' && *p <= '9' && n <= GV_KEYRING_VERSIONS; p++)
		n = n * 10 + (unsigned)(*p - '0');
	if (*p || *rest == '0' || n == 0 || n > GV_KEYRING_VERSIONS)
		return gv_err(GV_ECORRUPT,
		    "'%.*s' is no version: a number from 1 to %u", WORD_MAX,
		    rest, GV_KEYRING_VERSIONS);
	rd->k->version = n;
	return 0;
}

static int
read_previous(struct reader *rd, char *rest)
{
	bool none = strcmp(rest, "none") == 0;

	if (none != (rd->k->version == 1))
		return gv_err(GV_ECORRUPT,
		    "version %u must name %s as the previous one",
		    rd->k->version, none ? "the digest of another" : "none");
	return none ? 0 : read_digest(rd->k->previous, rest);
}

static int
read_time(struct reader *rd, char *rest)
{
	char compact[GV_TIME_MAX], again[GV_TIME_MAX];
	size_t i, n = 0;

	for (i = 0; rest[i] && n < GV_TIME_MAX - 1; i++)
		if (rest[i] != '-' && rest[i] != ':')
			compact[n++] = rest[i];
	compact[n] = '\0';
	if (n == 16 && gv_time_parse_compact(&rd->k->time, compact) == 0) {
		gv_time_rfc3339(again, rd->k->time);
		if (strcmp(again, rest) == 0)
			return 0;
	}
	return gv_err(GV_ECORRUPT,
	    "'%.*s' is no time such as 2026-11-20T07:12:44Z", WORD_MAX, rest);
}

static int
read_idkey(struct reader *rd, char *rest)
{
	return read_digest(rd->k->idkey, rest);
}

/* ---- scopes ---- */

static int
read_scope(struct reader *rd, char *rest)
{
	struct gv_keyring *k = rd->k;
	size_t n = k->n_scopes;
	int r;

	if ((r = check_name(rest)) < 0)
		return r;
	r = check_order(n ? rd->scopes[n - 1] : NULL, rest, "scope");
	if (r < 0)
		return r;
	rd->scopes[k->n_scopes++] = rest;
	return 0;
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

/* A list, whose commas become ends: names of k->scopes, in their order. */
static int
read_scopes(struct reader *rd, struct gv_keyring_recipient *who, char *list)
{
	struct gv_keyring *k = rd->k;
	const char **out;
	char *name, *comma = list;
	size_t n = 1;
	int r = 0;

	while ((comma = strchr(comma, ',')) != NULL) {
		*comma++ = '\0';
		n++;
	}
	out = gv_arena_alloc(&k->arena, n * sizeof(*out));
	if (out == NULL)
		return GV_ENOMEM;
	who->scopes = out;
	for (name = list; r == 0 && who->n_scopes < n;
	     name += strlen(name) + 1) {
		const char **at = k->n_scopes
		    ? bsearch(name, rd->scopes, k->n_scopes, sizeof(*out),
			  compare_texts)
		    : NULL;

		if (at == NULL)
			return gv_err(GV_ECORRUPT,
			    "%s has the scope '%.*s', which has no line "
			    "'scope' above",
			    who->name, WORD_MAX, name);
		r = check_order(who->n_scopes ? out[who->n_scopes - 1] : NULL,
		    *at, "scope");
		rd->is_read[at - rd->scopes] = true;
		out[who->n_scopes++] = *at;
	}
	return r;
}

static int
read_rights(struct reader *rd, struct gv_keyring_recipient *who, char *word)
{
	bool none = strcmp(word, "-") == 0;

	if (none != (who->role == GV_KEYRING_WRITER))
		return gv_err(GV_ECORRUPT,
		    none ? "%s is not a writer, and so reads some scope, or *"
			 : "%s is a writer, which reads nothing: its scopes "
			   "are written as -",
		    who->name);
	if (none)
		return 0;
	who->all = strcmp(word, "*") == 0;
	if (who->all)
		memset(rd->is_read, true, rd->k->n_scopes);
	return who->all ? 0 : read_scopes(rd, who, word);
}

/* ---- recipients ---- */

/* A key is taken by its form, so that one of a kind that cannot be sealed for
 * by this version hides the keyring from nobody. */
static int
check_key(const char *key)
{
	struct gv_buf again = GV_BUF_INIT;
	unsigned char raw[GV_SSH_PUBLIC];
	struct gv_bech32 b;
	bool same;
	int r;

	if (strncmp(key, "age1", 4) == 0) {
		r = gv_bech32_read(&b, key, strlen(key));
		return r < 0 || !b.upper
		    ? r
		    : gv_err(GV_ECORRUPT, "the key is in capitals");
	}
	if (strncmp(key, "ssh-ed25519 ", 12) != 0)
		/* it may be a secret one by mistake, so it is not repeated */
		return gv_err(GV_ECORRUPT,
		    "the key is neither age1… nor ssh-ed25519 AAAA…");
	if ((r = gv_ssh_public(raw, key, strlen(key))) == 0)
		r = gv_ssh_add_public(&again, raw);
	same = r == 0 && strcmp(again.p, key) == 0;
	gv_buf_release(&again);
	if (r < 0 || same)
		return r;
	return gv_err(
	    GV_ECORRUPT, "something follows the key; leave comments out");
}

/* Whoever was removed under one name would still read under the other. */
static int
check_new(struct gv_map *map, struct gv_keyring_recipient *who, const char *key)
{
	const struct gv_keyring_recipient *other;

	other = gv_map_get(map, key, strlen(key));
	if (other == NULL)
		return gv_map_put(map, key, strlen(key), who);
	if (other == who)
		return gv_err(GV_ECORRUPT,
		    "the key of %s is there twice; keep one of them",
		    who->name);
	return gv_err(GV_ECORRUPT,
	    "%s has the key of %s; each needs a key of its own", who->name,
	    other->name);
}

static int
read_recipient(struct reader *rd, char *rest)
{
	struct gv_keyring *k = rd->k;
	struct gv_keyring_recipient *who = &k->recipients[k->n_recipients];
	const char *role;
	int r;

	who->name = take(&rest);
	if ((r = check_name(who->name)) == 0)
		r = check_order(k->n_recipients ? who[-1].name : NULL,
		    who->name, "recipient");
	if (r < 0)
		return r;
	role = take(&rest);
	if (gv_keyring_role_parse(&who->role, role, strlen(role)) < 0)
		return GV_ECORRUPT;
	if ((r = read_rights(rd, who, take(&rest))) == 0 &&
	    (r = check_key(rest)) == 0)
		r = check_new(&rd->keys, who, rest);
	who->key = rest;
	k->n_recipients++;
	return r;
}

/* What both kinds of lines have that say who signs by what: a name, in order,
 * and a key of ssh, which is the rest. The recipient of that name, or NULL. */
static int
read_named_key(struct gv_keyring_recipient **who, const char **last,
    struct reader *rd, char **rest, const char *what)
{
	const char *name = take(rest);
	int r;

	if ((r = check_name(name)) < 0 ||
	    (r = check_order(*last, name, what)) < 0)
		return r;
	*last = name;
	/* the array is ours to write */
	*who = (struct gv_keyring_recipient *)gv_keyring_find(rd->k, name);
	if (strncmp(*rest, "ssh-", 4) != 0)
		return gv_err(GV_ECORRUPT,
		    "the key of the %s %s is not ssh-ed25519 AAAA…", what,
		    name);
	return check_key(*rest);
}

static int
read_signer(struct reader *rd, char *rest)
{
	struct gv_keyring_recipient *who;
	int r = read_named_key(&who, &rd->last_signer, rd, &rest, "signer");

	if (r < 0)
		return r;
	if (who == NULL || who->role != GV_KEYRING_OWNER)
		return gv_err(GV_ECORRUPT,
		    "the signer %s is no recipient with the role owner",
		    rd->last_signer);
	if ((r = gv_ssh_public(who->sign_key, rest, strlen(rest))) == 0)
		r = check_new(&rd->signers, who, rest);
	who->signer = rest;
	return r;
}

/* The key identifies its signer, so it belongs to nobody else, and no line
 * repeats what another line says. */
static int
read_verifier(struct reader *rd, char *rest)
{
	struct gv_keyring_recipient *who;
	int r = read_named_key(&who, &rd->last_verifier, rd, &rest, "verifier");

	if (r < 0)
		return r;
	if (rd->format < 2)
		return gv_err(GV_ECORRUPT,
		    "a keyring of format 1 has no line 'verifier'");
	if (who == NULL)
		return gv_err(GV_ECORRUPT, "the verifier %s is no recipient",
		    rd->last_verifier);
	if ((r = check_new(&rd->signers, who, rest)) == 0)
		r = check_new(&rd->keys, who, rest);
	who->verifier = rest;
	return r;
}

/* ---- policies ---- */

static int
read_policy(struct reader *rd, char *rest)
{
	size_t n = rd->k->n_policies;
	struct gv_keyring_policy *policy = &rd->policies[n];
	int r;

	if (rd->format < 3)
		return gv_err(GV_ECORRUPT,
		    "a keyring of format %u has no line 'policy'", rd->format);
	policy->file = take(&rest);
	if (!gv_keyring_is_file(policy->file))
		return gv_err(GV_ECORRUPT, "'%.*s' is not a policy file",
		    WORD_MAX, policy->file);
	r = check_order(
	    n ? rd->policies[n - 1].file : NULL, policy->file, "policy");
	if (r == 0 && (r = read_digest(policy->digest, rest)) == 0)
		rd->k->n_policies++;
	return r;
}

/* ---- the whole ---- */

static const struct field fields[] = {
	{ "version", true, read_version },
	{ "previous", true, read_previous },
	{ "time", true, read_time },
	{ "idkey", true, read_idkey },
	{ "scope", false, read_scope },
	{ "recipient", false, read_recipient },
	{ "signer", false, read_signer },
	{ "verifier", false, read_verifier },
	{ "policy", false, read_policy },
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static int
read_line(struct reader *rd, char *line)
{
	const char *word = take(&line);
	size_t i = rd->at;

	while (i < N_FIELDS && !fields[i].once &&
	    strcmp(fields[i].word, word) != 0)
		i++;
	if (i == N_FIELDS || strcmp(fields[i].word, word) != 0)
		return gv_err(GV_ECORRUPT, "'%.*s' where '%s'%s must be",
		    WORD_MAX, word, fields[rd->at].word,
		    rd->at + 1 < N_FIELDS && !fields[rd->at].once
			? " or what follows it"
			: "");
	rd->at = i + fields[i].once;
	return fields[i].read(rd, line);
}

/* What only all lines together tell. */
static int
check_whole(const struct reader *rd)
{
	const struct gv_keyring *k = rd->k;
	bool owned = false;
	size_t i;

	if (fields[rd->at].once || !gv_keyring_has_scope(k, GV_KEYRING_SHARED))
		return gv_err(GV_ECORRUPT,
		    "the keyring is cut off, or has no scope " GV_KEYRING_SHARED);
	for (i = 0; i < k->n_recipients; i++) {
		if (k->recipients[i].role != GV_KEYRING_OWNER)
			continue;
		owned = true;
		if (k->recipients[i].signer == NULL)
			return gv_err(GV_ECORRUPT,
			    "the keyring has no line 'signer' for its owner %s",
			    k->recipients[i].name);
	}
	if (!owned)
		return gv_err(GV_ECORRUPT,
		    "the keyring has no owner, so nobody could change it: give "
		    "a recipient the role owner");
	if (rd->format == 2 && rd->last_verifier == NULL)
		return gv_err(GV_ECORRUPT,
		    "the keyring has no line 'verifier', as in format 1, but "
		    "its format is %u",
		    rd->format);
	if (rd->format == 3 && k->n_policies == 0)
		return gv_err(GV_ECORRUPT,
		    "the keyring is of format 3 and has no line 'policy'");
	for (i = 0; i < k->n_scopes; i++)
		if (!rd->is_read[i])
			return gv_err(GV_ECORRUPT,
			    "nobody in the keyring reads the scope %s, so its "
			    "secrets would be lost: give it to somebody",
			    k->scopes[i]);
	return 0;
}

static int
read_lines(struct reader *rd, char *text, const char *end)
{
	char *lf;
	int r;

	for (; text < end; text = lf + 1) {
		lf = strchr(text, '\n');
		*lf = '\0';
		r = read_line(rd, text);
		if (r < 0)
			return r == GV_ENOMEM
			    ? r
			    : gv_err_in(GV_ECORRUPT, "line %u of the keyring",
				  rd->line);
		rd->line++;
	}
	return check_whole(rd);
}

/* Nothing in it can harm a terminal from here on. *lines is how many. */
static int
check_bytes(size_t *lines, unsigned *format, const char *text, size_t len)
{
	static const char first[] = "git-vault keyring 1\n";
	static const char kind[] = "git-vault keyring ";
	const size_t digit = sizeof(kind) - 1;
	size_t i, n = 0;

	if (len > GV_KEYRING_MAX)
		return gv_err(GV_EREFUSED,
		    "the keyring has %zu bytes, and may have %zu", len,
		    GV_KEYRING_MAX);
	for (i = 0; i < len; i++) {
		if (text[i] == '\n')
			n++;
		else if (text[i] < ' ' || text[i] > '~')
			return gv_err(GV_ECORRUPT,
			    "line %zu of the keyring: byte 0x%02x, where only "
			    "printable ASCII is allowed",
			    n + 1, (unsigned char)text[i]);
	}
	*lines = n;
	if (len == 0 || text[len - 1] != '\n' || len < sizeof(first) - 1)
		return gv_err(GV_ECORRUPT,
		    "the keyring is cut off: it does not end with a line");
	*format = (unsigned)(text[digit] - '0');
	if (memcmp(text, kind, digit) == 0 && text[digit + 1] == '\n' &&
	    (*format >= 1 && *format <= 3))
		return 0;
	if (memcmp(text, kind, digit) == 0)
		return gv_err(GV_EREFUSED,
		    "the keyring has a format other than 1 to 3, written by a "
		    "newer git-vault: update this one");
	return gv_err(
	    GV_ECORRUPT, "line 1 of the keyring is not 'git-vault keyring 1'");
}

/* Room for as many of each as there are lines. */
static char *
prepare(struct reader *rd, const char *text, size_t len, size_t lines)
{
	struct gv_arena *a = &rd->k->arena;
	char *copy = gv_arena_copy(a, text, len);

	rd->k->recipients =
	    gv_arena_alloc(a, lines * sizeof(*rd->k->recipients));
	rd->scopes = gv_arena_alloc(a, lines * sizeof(*rd->scopes));
	rd->is_read = gv_arena_alloc(a, lines * sizeof(*rd->is_read));
	rd->policies = gv_arena_alloc(a, lines * sizeof(*rd->policies));
	rd->k->scopes = rd->scopes;
	rd->k->policies = rd->policies;
	return rd->k->recipients && rd->scopes && rd->is_read && rd->policies
	    ? copy
	    : NULL;
}

int
gv_keyring_parse(struct gv_keyring *out, const char *text, size_t len)
{
	struct gv_keyring k = { .arena = GV_ARENA_INIT };
	struct reader rd = { .k = &k, .line = 2 };
	struct gv_hash_sha256 h;
	size_t lines = 0;
	char *copy;
	int r = check_bytes(&lines, &rd.format, text, len);

	if (r < 0)
		return r;
	copy = prepare(&rd, text, len, lines);
	r = copy ? read_lines(&rd, strchr(copy, '\n') + 1, copy + len)
		 : GV_ENOMEM;
	gv_map_release(&rd.keys);
	gv_map_release(&rd.signers);
	if (r < 0) {
		gv_keyring_release(&k);
		return r;
	}
	gv_hash_sha256_init(&h);
	gv_hash_sha256_update(&h, text, len);
	gv_hash_sha256_finish(&h, k.digest);
	*out = k;
	return 0;
}
