#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/recipient.h"
#include "crypto/ssh.h"
#include "key/keyring.h"
#include "repo/hash.h"

/* The next version while it is made. Its texts are of the version before, of
 * the caller, and in its own arena. */
struct draft {
	struct gv_keyring k;
	struct gv_keyring_policy *policies; /* of the caller's files */
	const char **scopes;
	size_t cap_scopes, cap_recipients;
};

/* ---- what there is ---- */

static int
add_scope(struct draft *d, const char *name)
{
	int r = GV_GROW(d->scopes, d->k.n_scopes, d->cap_scopes);

	if (r == 0)
		d->scopes[d->k.n_scopes++] = name;
	d->k.scopes = d->scopes;
	return r;
}

static int
add_recipient(struct draft *d, const struct gv_keyring_recipient *who)
{
	int r = gv_vec_grow((void **)&d->k.recipients, &d->cap_recipients,
	    d->k.n_recipients + 1, sizeof(*who));

	if (r == 0)
		d->k.recipients[d->k.n_recipients++] = *who;
	return r;
}

static int
compare_files(const void *a, const void *b)
{
	const struct gv_keyring_policy *x = a, *y = b;

	return strcmp(x->file, y->file);
}

static int
take_files(struct draft *d, const struct gv_keyring_edit *edit)
{
	struct gv_hash_sha256 h;
	size_t i;

	if (!edit->has_files || edit->n_files == 0)
		return 0;
	d->policies = calloc(edit->n_files, sizeof(*d->policies));
	if (d->policies == NULL)
		return gv_err_nomem();
	for (i = 0; i < edit->n_files; i++) {
		d->policies[i].file = edit->files[i].file;
		gv_hash_sha256_init(&h);
		gv_hash_sha256_update(&h, edit->files[i].p, edit->files[i].len);
		gv_hash_sha256_finish(&h, d->policies[i].digest);
	}
	qsort(d->policies, edit->n_files, sizeof(*d->policies), compare_files);
	d->k.policies = d->policies;
	d->k.n_policies = edit->n_files;
	return 0;
}

static int
begin(struct draft *d, const struct gv_keyring_edit *edit)
{
	const struct gv_keyring *before = edit->before;
	size_t i;
	int r = 0;

	d->k.version = before ? before->version + 1 : 1;
	d->k.time = edit->time;
	if (edit->idkey)
		memcpy(d->k.idkey, edit->idkey, GV_KEYRING_DIGEST);
	else if (before)
		memcpy(d->k.idkey, before->idkey, GV_KEYRING_DIGEST);
	r = take_files(d, edit);
	if (r < 0)
		return r;
	if (before == NULL)
		return add_scope(d, GV_KEYRING_SHARED);
	if (!edit->has_files) {
		d->k.policies = before->policies;
		d->k.n_policies = before->n_policies;
	}
	memcpy(d->k.previous, before->digest, GV_KEYRING_DIGEST);
	for (i = 0; r == 0 && i < before->n_scopes; i++)
		r = add_scope(d, before->scopes[i]);
	for (i = 0; r == 0 && i < before->n_recipients; i++)
		r = add_recipient(d, &before->recipients[i]);
	return r;
}

/* ---- words of the caller ---- */

/* Nothing that would be a line of its own comes in. */
static int
check_name(const char *name)
{
	if (name && gv_keyring_is_name(name, strlen(name)))
		return 0;
	return gv_err(GV_EUSAGE,
	    "'%s' is no name for the keyring: that is up to %d letters, digits "
	    "and ._@+-, a letter or digit first",
	    name ? name : "", GV_KEYRING_NAME_MAX);
}

/* Not sorted yet, so one by one. */
static struct gv_keyring_recipient *
find(const struct draft *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->k.n_recipients; i++)
		if (strcmp(d->k.recipients[i].name, name) == 0)
			return &d->k.recipients[i];
	return NULL;
}

static bool
has_scope(const struct draft *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->k.n_scopes; i++)
		if (strcmp(d->scopes[i], name) == 0)
			return true;
	return false;
}

static int
find_or_say(
    struct gv_keyring_recipient **out, const struct draft *d, const char *name)
{
	*out = find(d, name);
	return *out
	    ? 0
	    : gv_err(GV_ENOTFOUND, "the keyring has no recipient '%s'", name);
}

/* That it can be sealed for is seen by doing it; a plugin's only it can tell.
 */
static int
try_to_seal(const struct gv_recipient *to)
{
	static const unsigned char nothing[GV_AGE_KEY];
	struct gv_buf stanza = GV_BUF_INIT;
	int r = to->kind == GV_RECIPIENT_PLUGIN
	    ? 0
	    : gv_age_wrap(&stanza, &to, 1, nothing);

	gv_buf_release(&stanza);
	return r;
}

static int
keep(const char **out, struct draft *d, const struct gv_buf *text)
{
	*out = gv_arena_copy(&d->k.arena, text->p, text->len);
	return *out ? 0 : GV_ENOMEM;
}

static int
take_key(const char **out, struct draft *d, const char *text)
{
	struct gv_recipient to = GV_RECIPIENT_INIT;
	struct gv_buf b = GV_BUF_INIT;
	int r = gv_recipient_parse(&to, text, strlen(text));

	if (r == 0 && (r = try_to_seal(&to)) == 0 &&
	    (r = gv_recipient_format(&b, &to)) == 0)
		r = keep(out, d, &b);
	gv_recipient_release(&to);
	gv_buf_release(&b);
	return r;
}

static int
take_signer(const char **out, struct draft *d, const char *text)
{
	struct gv_buf b = GV_BUF_INIT;
	unsigned char key[GV_SSH_PUBLIC];
	int r;

	if (!gv_ssh_is_public(text, strlen(text)))
		return gv_err(GV_EREFUSED,
		    "a signer needs the line of an ssh-ed25519 public key");
	if ((r = gv_ssh_public(key, text, strlen(text))) == 0 &&
	    (r = gv_ssh_add_public(&b, key)) == 0)
		r = keep(out, d, &b);
	gv_buf_release(&b);
	return r;
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
take_scopes(struct gv_keyring_recipient *who, struct draft *d,
    const struct gv_keyring_change *c)
{
	const char **list;
	size_t i;
	int r = 0;

	who->all = c->scopes == NULL && c->role != GV_KEYRING_WRITER;
	if (c->scopes == NULL || c->n_scopes == 0)
		return 0;
	list = gv_arena_alloc(&d->k.arena, c->n_scopes * sizeof(*list));
	if (list == NULL)
		return GV_ENOMEM;
	for (i = 0; r == 0 && i < c->n_scopes; i++) {
		list[i] = c->scopes[i];
		if ((r = check_name(list[i])) == 0 && !has_scope(d, list[i]))
			r = gv_err(GV_ENOTFOUND,
			    "the keyring has no scope '%s'; add it first",
			    list[i]);
	}
	if (r == 0)
		qsort(list, c->n_scopes, sizeof(*list), compare_texts);
	who->scopes = list;
	who->n_scopes = c->n_scopes;
	return r;
}

/* ---- the changes ---- */

static int
carry_add(struct draft *d, const struct gv_keyring_change *c)
{
	struct gv_keyring_recipient who = { .name = c->name, .role = c->role };
	bool owner = c->role == GV_KEYRING_OWNER;
	int r;

	if (find(d, c->name))
		return gv_err(GV_EEXISTS,
		    "the keyring has a recipient %s already: remove it first, "
		    "or choose another name",
		    c->name);
	if (c->key == NULL || (owner && c->signer == NULL))
		return gv_err(GV_EUSAGE,
		    owner ? "the owner %s needs a key to read by, and one of "
			    "ssh-ed25519 to sign by"
			  : "%s needs a key to read by",
		    c->name);
	if ((r = take_scopes(&who, d, c)) == 0)
		r = take_key(&who.key, d, c->key);
	if (r == 0 && c->signer)
		r = take_signer(
		    owner ? &who.signer : &who.verifier, d, c->signer);
	return r < 0 ? r : add_recipient(d, &who);
}

static int
carry_remove(struct draft *d, const struct gv_keyring_change *c)
{
	struct gv_keyring_recipient *who;
	int r = find_or_say(&who, d, c->name);
	size_t left;

	if (r < 0)
		return r;
	left = --d->k.n_recipients - (size_t)(who - d->k.recipients);
	memmove(who, who + 1, left * sizeof(*who));
	return 0;
}

static int
carry_add_scope(struct draft *d, const struct gv_keyring_change *c)
{
	if (has_scope(d, c->name))
		return gv_err(
		    GV_EEXISTS, "the keyring has a scope %s already", c->name);
	return add_scope(d, c->name);
}

/* A new key leaves nothing of what came of the old one. */
static int
carry_rekey(struct draft *d, const struct gv_keyring_change *c)
{
	struct gv_keyring_recipient *who;
	int r;

	if ((r = find_or_say(&who, d, c->name)) < 0)
		return r;
	if (c->key) {
		who->verifier = NULL;
		if ((r = take_key(&who->key, d, c->key)) < 0)
			return r;
	}
	if (c->signer)
		return take_signer(
		    who->signer ? &who->signer : &who->verifier, d, c->signer);
	return 0;
}

static int
carry_verifier(struct draft *d, const struct gv_keyring_change *c)
{
	struct gv_keyring_recipient *who;
	const struct gv_keyring_recipient *other;
	const char *key = "";
	int r;

	if ((r = find_or_say(&who, d, c->name)) < 0 ||
	    (r = take_signer(&key, d, c->signer)) < 0)
		return r;
	other = gv_keyring_find_signer(&d->k, key);
	if (other)
		return gv_err(GV_EEXISTS,
		    "the keyring knows the key already: %s signs by it",
		    other->name);
	who->verifier = key;
	return 0;
}

static int (*const carry[])(
    struct draft *, const struct gv_keyring_change *) = {
	[GV_KEYRING_ADD] = carry_add,
	[GV_KEYRING_REMOVE] = carry_remove,
	[GV_KEYRING_ADD_SCOPE] = carry_add_scope,
	[GV_KEYRING_REKEY] = carry_rekey,
	[GV_KEYRING_VERIFIER] = carry_verifier,
};

/* ---- the text ---- */

static int
compare_names(const void *a, const void *b)
{
	const struct gv_keyring_recipient *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The reader has the last word on the rules. */
static int
finish(struct gv_buf *out, struct draft *d)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_keyring k;
	int r;

	if (d->k.n_recipients)
		qsort(d->k.recipients, d->k.n_recipients,
		    sizeof(*d->k.recipients), compare_names);
	if (d->k.n_scopes)
		qsort(d->scopes, d->k.n_scopes, sizeof(*d->scopes),
		    compare_texts);
	if ((r = gv_keyring_format(&text, &d->k)) == 0) {
		if ((r = gv_keyring_parse(&k, text.p, text.len)) == 0)
			gv_keyring_release(&k);
		else if (r != GV_ENOMEM)
			r = gv_err_in(GV_EREFUSED, "the keyring cannot be so");
	}
	if (r == 0) {
		if ((r = gv_buf_grow(out, text.len)) == 0)
			gv_buf_add(out, text.p, text.len);
	}
	gv_buf_release(&text);
	return r;
}

int
gv_keyring_next(struct gv_buf *out, const struct gv_keyring_edit *edit)
{
	struct draft d = { .k = { .arena = GV_ARENA_INIT } };
	size_t i;
	int r = begin(&d, edit);

	for (i = 0; r == 0 && i < edit->n; i++) {
		if ((r = check_name(edit->changes[i].name)) == 0)
			r = carry[edit->changes[i].verb](&d, &edit->changes[i]);
	}
	if (r == 0)
		r = finish(out, &d);
	free(d.scopes);
	free(d.k.recipients);
	free(d.policies);
	gv_arena_release(&d.k.arena);
	return r;
}
