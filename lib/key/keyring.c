#include "key/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"

static const char *const roles[] = { "owner", "operator", "reader", "writer" };

#define N_ROLES (sizeof(roles) / sizeof(roles[0]))

void
gv_keyring_release(struct gv_keyring *k)
{
	if (k == NULL)
		return;
	gv_arena_release(&k->arena);
	memset(k, 0, sizeof(*k));
}

/* ---- words ---- */

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* A scope is a part of a ref's name, and any name an argument of a command. */
bool
gv_keyring_is_name(const char *text, size_t len)
{
	static const char lock[] = ".lock";
	size_t i, n = sizeof(lock) - 1;

	if (len == 0 || len > GV_KEYRING_NAME_MAX || !is_alnum(text[0]) ||
	    text[len - 1] == '.' ||
	    (len >= n && memcmp(text + len - n, lock, n) == 0))
		return false;
	for (i = 1; i < len; i++)
		if (!is_alnum(text[i]) &&
		    (text[i] == '\0' || !strchr("._@+-", text[i]) ||
			(text[i] == '.' && text[i - 1] == '.')))
			return false;
	return true;
}

bool
gv_keyring_is_file(const char *text)
{
	size_t i, len = strlen(text);

	if (len < 2 || len > GV_KEYRING_NAME_MAX || text[0] != '.')
		return false;
	for (i = 1; i < len; i++)
		if (!is_alnum(text[i]) && !strchr("._-", text[i]))
			return false;
	return text[1] != '.';
}

const char *
gv_keyring_role_name(enum gv_keyring_role role)
{
	return roles[role];
}

int
gv_keyring_role_parse(enum gv_keyring_role *out, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < N_ROLES; i++) {
		if (strlen(roles[i]) != len || memcmp(roles[i], text, len) != 0)
			continue;
		*out = (enum gv_keyring_role)i;
		return 0;
	}
	return gv_err(GV_EUSAGE,
	    "'%.*s' is no role: it is owner, operator, reader or writer",
	    (int)(len < GV_KEYRING_NAME_MAX ? len : GV_KEYRING_NAME_MAX), text);
}

/* ---- writing ---- */

static void
add_hex(struct gv_buf *out, const char *word,
    const unsigned char bytes[GV_KEYRING_DIGEST])
{
	char hex[2 * GV_KEYRING_DIGEST + 1];

	gv_enc_hex(hex, bytes, GV_KEYRING_DIGEST);
	gv_buf_addf(out, "%s %s\n", word, hex);
}

static void
add_recipient(struct gv_buf *out, const struct gv_keyring_recipient *who)
{
	size_t i;

	gv_buf_addf(out, "recipient %s %s ", who->name, roles[who->role]);
	if (who->all)
		gv_buf_addch(out, '*');
	else if (who->n_scopes == 0)
		gv_buf_addch(out, '-');
	for (i = 0; i < who->n_scopes; i++)
		gv_buf_addf(out, "%s%s", i ? "," : "", who->scopes[i]);
	gv_buf_addf(out, " %s\n", who->key);
}

/* Only then it is of the format that knows of them: who has an older git-vault
 * reads all others. */
static bool
has_verifier(const struct gv_keyring *k)
{
	size_t i;

	for (i = 0; i < k->n_recipients; i++)
		if (k->recipients[i].verifier)
			return true;
	return false;
}

int
gv_keyring_format(struct gv_buf *out, const struct gv_keyring *k)
{
	char when[GV_TIME_MAX];
	size_t i;

	gv_time_rfc3339(when, k->time);
	gv_buf_addf(out, "git-vault keyring %d\nversion %u\n",
	    k->n_policies         ? 3
		: has_verifier(k) ? 2
				  : 1,
	    k->version);
	if (k->version == 1)
		gv_buf_addstr(out, "previous none\n");
	else
		add_hex(out, "previous", k->previous);
	gv_buf_addf(out, "time %s\n", when);
	add_hex(out, "idkey", k->idkey);
	for (i = 0; i < k->n_scopes; i++)
		gv_buf_addf(out, "scope %s\n", k->scopes[i]);
	for (i = 0; i < k->n_recipients; i++)
		add_recipient(out, &k->recipients[i]);
	for (i = 0; i < k->n_recipients; i++)
		if (k->recipients[i].signer)
			gv_buf_addf(out, "signer %s %s\n",
			    k->recipients[i].name, k->recipients[i].signer);
	for (i = 0; i < k->n_recipients; i++)
		if (k->recipients[i].verifier)
			gv_buf_addf(out, "verifier %s %s\n",
			    k->recipients[i].name, k->recipients[i].verifier);
	for (i = 0; i < k->n_policies; i++) {
		gv_buf_addf(out, "policy %s", k->policies[i].file);
		add_hex(out, "", k->policies[i].digest);
	}
	return gv_buf_check(out);
}

/* ---- questions ---- */

static int
compare_name(const void *name, const void *recipient)
{
	const struct gv_keyring_recipient *who = recipient;

	return strcmp(name, who->name);
}

const struct gv_keyring_recipient *
gv_keyring_find(const struct gv_keyring *k, const char *name)
{
	return k->n_recipients ? bsearch(name, k->recipients, k->n_recipients,
				     sizeof(*k->recipients), compare_name)
			       : NULL;
}

const struct gv_keyring_recipient *
gv_keyring_find_key(const struct gv_keyring *k, const char *key)
{
	size_t i;

	for (i = 0; i < k->n_recipients; i++)
		if (strcmp(k->recipients[i].key, key) == 0)
			return &k->recipients[i];
	return NULL;
}

const struct gv_keyring_recipient *
gv_keyring_find_signer(const struct gv_keyring *k, const char *key)
{
	size_t i;

	for (i = 0; i < k->n_recipients; i++) {
		const struct gv_keyring_recipient *who = &k->recipients[i];

		if ((who->signer && strcmp(who->signer, key) == 0) ||
		    (who->verifier && strcmp(who->verifier, key) == 0) ||
		    strcmp(who->key, key) == 0)
			return who;
	}
	return NULL;
}

int
gv_keyring_identify(const struct gv_keyring_recipient **out,
    const struct gv_keyring *k, const struct gv_identity *id)
{
	struct gv_recipient to = GV_RECIPIENT_INIT;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_identity_recipient(&to, id);

	if (r == 0 && (r = gv_recipient_format(&text, &to)) == 0)
		*out = gv_keyring_find_key(k, text.p);
	gv_recipient_release(&to);
	gv_buf_release(&text);
	return r;
}

static int
compare_scope(const void *name, const void *scope)
{
	return strcmp(name, *(const char *const *)scope);
}

bool
gv_keyring_has_scope(const struct gv_keyring *k, const char *scope)
{
	return k->n_scopes &&
	    bsearch(scope, k->scopes, k->n_scopes, sizeof(*k->scopes),
		compare_scope);
}

bool
gv_keyring_reads(const struct gv_keyring_recipient *who, const char *scope)
{
	size_t i;

	if (who->all)
		return true;
	for (i = 0; i < who->n_scopes; i++)
		if (strcmp(who->scopes[i], scope) == 0)
			return true;
	return false;
}

const char *
gv_keyring_scope_of(const struct gv_keyring *k, const char *env)
{
	return gv_keyring_has_scope(k, env) ? env : GV_KEYRING_SHARED;
}

bool
gv_keyring_speaks(const struct gv_keyring_recipient *who, const char *scope)
{
	return who->role == GV_KEYRING_OWNER || gv_keyring_reads(who, scope);
}

const char *
gv_keyring_voice(struct gv_arena *arena, const struct gv_keyring_recipient *who)
{
	struct gv_buf words = GV_BUF_INIT;
	const char *copy;
	size_t i;

	if (who->all || who->role == GV_KEYRING_OWNER)
		return "*";
	for (i = 0; i < who->n_scopes; i++)
		gv_buf_addf(&words, "%s ", who->scopes[i]);
	copy = gv_buf_check(&words) == 0
	    ? gv_arena_copy(arena, words.len ? words.p : "", words.len)
	    : NULL;
	gv_buf_release(&words);
	return copy;
}

bool
gv_keyring_voice_has(const char *voice, const char *scope)
{
	const size_t len = strlen(scope);
	const char *p = voice;

	if (strcmp(voice, "*") == 0)
		return true;
	for (; *p; p += strcspn(p, " ") + 1)
		if (strncmp(p, scope, len) == 0 && p[len] == ' ')
			return true;
	return false;
}

static int
say_no_scope(const struct gv_keyring *k, const char *scope)
{
	struct gv_buf all = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < k->n_scopes; i++)
		gv_buf_addf(&all, "%s%s", i ? ", " : "", k->scopes[i]);
	r = gv_err(GV_ENOTFOUND, "the keyring has no scope '%s'; there are %s",
	    scope, all.p);
	gv_buf_release(&all);
	return r;
}

int
gv_keyring_readers(const struct gv_keyring_recipient ***out, size_t *n,
    const struct gv_keyring *k, const char *scope)
{
	const struct gv_keyring_recipient **list;
	size_t i, count = 0;

	if (!gv_keyring_has_scope(k, scope))
		return say_no_scope(k, scope);
	list = calloc(k->n_recipients, sizeof(*list));
	if (list == NULL)
		return gv_err_nomem();
	for (i = 0; i < k->n_recipients; i++)
		if (gv_keyring_reads(&k->recipients[i], scope))
			list[count++] = &k->recipients[i];
	*out = list;
	*n = count;
	return 0;
}
