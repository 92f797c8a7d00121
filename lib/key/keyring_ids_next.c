#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/age.h"
#include "crypto/kdf.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "key/keyring_ids_internal.h"
#include "key/keyring_store.h"

/*
 * The owner opens the files of the previous version, and makes those of the
 * next version from them. A key that was removed or exchanged has opened id
 * keys, and whoever stole it still does. So every id key that it had is
 * replaced, and with a master all keys that are derived from it.
 */

struct next {
	const struct gv_keyring_ids_make *how;
	struct gv_keyring_entries *out;
	struct gv_keyring_ids was;
	struct gv_secret master;
	bool is_renewed; /* the master */
	/* the keys of recipients, by which they name values of others; several
	 * keys each, the newest first */
	struct own {
		char name[GV_KEYRING_NAME_MAX + 1];
		struct gv_secret keys;
	} * own;
	size_t n_own, cap_own;
};

/* Owners have the master, and readers of all scopes, also of future ones. */
static bool
holds_master(const struct gv_keyring_recipient *who)
{
	return who->all || who->role == GV_KEYRING_OWNER;
}

/* Whether a key that had the keys of a scope, or with NULL the master, does not
 * have them any more: its recipient was removed, has another key now, or reads
 * less. */
static bool
has_lost(const struct next *x, const char *scope)
{
	const struct gv_keyring *before =
	    x->how->was ? &x->how->was->keyring : NULL;
	size_t i;

	for (i = 0; before && i < before->n_recipients; i++) {
		const struct gv_keyring_recipient *was = &before->recipients[i],
						  *is = gv_keyring_find_key(
						      x->how->next, was->key);

		if (holds_master(was) && (is == NULL || !holds_master(is)))
			return true;
		if (scope && gv_keyring_reads(was, scope) &&
		    (is == NULL || !gv_keyring_reads(is, scope)))
			return true;
	}
	return false;
}

/* ---- lists of keys --------------------------------------------------------
 */

static int
open_was(
    struct gv_secret *out, size_t *own, const struct next *x, const char *file)
{
	return gv_keyring_ids_open(
	    out, own, &x->was, file, x->how->with, x->how->n_with);
}

/* Put a key in front of the others. */
static int
put_first(struct gv_secret *list, const struct gv_secret *key)
{
	struct gv_secret all = GV_SECRET_INIT;
	int r = gv_secret_add(&all, key->p, key->len);

	if (r == 0 && list->len)
		r = gv_secret_add(&all, list->p, list->len);
	if (r < 0) {
		gv_secret_release(&all);
		return r;
	}
	gv_secret_release(list);
	*list = all;
	return 0;
}

static int
derive_first(struct gv_secret *list, const struct next *x, const char *kind,
    const char *name, unsigned version)
{
	struct gv_secret key = GV_SECRET_INIT;
	int r = gv_keyring_ids_derive(&key, x->master.p, kind, name, version);

	if (r == 0)
		r = put_first(list, &key);
	gv_secret_release(&key);
	return r;
}

static int
find_master(struct next *x)
{
	struct gv_secret fresh = GV_SECRET_INIT;
	size_t own;
	int r = open_was(&x->master, &own, x, GV_KEYRING_MASTER);

	x->is_renewed = r == GV_ENOTFOUND || has_lost(x, NULL);
	if (r < 0 && r != GV_ENOTFOUND)
		return r;
	r = x->is_renewed ? gv_secret_add_random(&fresh, GV_KDF_BYTES) : 0;
	if (r == 0 && x->is_renewed)
		r = put_first(&x->master, &fresh);
	gv_secret_release(&fresh);
	return r;
}

/* ---- files ----------------------------------------------------------------
 */

static void
add_lines(struct gv_secret *text, const struct gv_secret *keys,
    const char *mark, int *r)
{
	char line[2 * GV_KDF_BYTES + 1];
	size_t i;

	for (i = 0; *r == 0 && i < keys->len; i += GV_KDF_BYTES) {
		gv_enc_hex(line, keys->p + i, GV_KDF_BYTES);
		line[sizeof(line) - 1] = '\n';
		*r = gv_secret_add(text, mark, strlen(mark));
		if (*r == 0)
			*r = gv_secret_add(text, line, sizeof(line));
	}
	explicit_bzero(line, sizeof(line));
}

/* Who can open a file: the holders of the master, the readers of a scope, and
 * the recipient of that name. */
struct audience {
	const char *scope, *name; /* at most one of the two is set */
};

static bool
is_wanted(const struct gv_keyring_recipient *who, const struct audience *a)
{
	return holds_master(who) ||
	    (a->scope && gv_keyring_reads(who, a->scope)) ||
	    (a->name && strcmp(who->name, a->name) == 0);
}

static int
seal(struct gv_buf *out, const struct next *x, const struct audience *a,
    const struct gv_secret *text)
{
	const struct gv_keyring *k = x->how->next;
	struct gv_recipient *all = calloc(k->n_recipients, sizeof(*all));
	const struct gv_recipient **to = calloc(k->n_recipients, sizeof(*to));
	size_t i, n = 0;
	int r = all && to ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && i < k->n_recipients; i++) {
		const struct gv_keyring_recipient *who = &k->recipients[i];

		if (!is_wanted(who, a))
			continue;
		r = gv_recipient_parse(&all[n], who->key, strlen(who->key));
		all[n].runner = x->how->runner;
		to[n] = &all[n];
		n += r == 0;
	}
	if (r == 0)
		r = gv_age_seal(out, to, n, text->p, text->len);
	for (i = 0; all && i < n; i++)
		gv_recipient_release(&all[i]);
	free(all);
	free(to);
	return r;
}

static int
add_file(struct next *x, const struct audience *a, const char *name,
    const struct gv_secret *keys, bool with_others)
{
	struct gv_secret text = GV_SECRET_INIT, other = GV_SECRET_INIT;
	struct gv_keyring_entries *out = x->out;
	struct gv_keyring_entry *e;
	size_t i, k;
	int r = GV_GROW(out->list, out->n, out->cap);

	if (r < 0)
		return r;
	e = &out->list[out->n++];
	snprintf(e->name, sizeof(e->name), "%s", name);
	e->bytes = (struct gv_buf)GV_BUF_INIT;
	add_lines(&text, keys, "", &r);
	for (i = 0; r == 0 && with_others && i < x->n_own; i++)
		for (k = 0; r == 0 && k < x->own[i].keys.len; k += GV_KDF_BYTES)
			r = gv_keyring_ids_derive(
			    &other, x->own[i].keys.p + k, "scope", a->scope, 0);
	add_lines(&text, &other, "+", &r);
	if (r == 0)
		r = seal(&e->bytes, x, a, &text);
	gv_secret_release(&text);
	gv_secret_release(&other);
	return r;
}

/* ---- of recipients --------------------------------------------------------
 */

/* Take over the keys of a previous recipient, also of one that was removed:
 * values that it named keep these names. */
static int
add_own(void *ctx, const char *name)
{
	struct next *x = ctx;
	char file[GV_KEYRING_IDS_NAME];
	struct own *own;
	size_t n;
	int r = GV_GROW(x->own, x->n_own, x->cap_own);

	if (r < 0)
		return r;
	own = &x->own[x->n_own++];
	memset(own, 0, sizeof(*own));
	snprintf(own->name, sizeof(own->name), "%s", name);
	snprintf(file, sizeof(file), "idkey-%s.age", name);
	return gv_keyring_ids_has(&x->was, file)
	    ? open_was(&own->keys, &n, x, file)
	    : 0;
}

static struct own *
find_own(const struct next *x, const char *name)
{
	size_t i;

	for (i = 0; i < x->n_own; i++)
		if (strcmp(x->own[i].name, name) == 0)
			return &x->own[i];
	return NULL;
}

/* Give a recipient a key of its own. A name with another key, or one that was
 * removed and added again, counts as a new recipient, and gets a new key. */
static int
need_own(struct next *x, const struct gv_keyring_recipient *who)
{
	const struct gv_keyring *before =
	    x->how->was ? &x->how->was->keyring : NULL;
	const struct gv_keyring_recipient *was =
	    before ? gv_keyring_find(before, who->name) : NULL;
	struct own *own = find_own(x, who->name);
	bool is_new = was == NULL || strcmp(was->key, who->key) != 0;
	int r = 0;

	if (own == NULL) {
		r = add_own(x, who->name);
		own = r == 0 ? &x->own[x->n_own - 1] : NULL;
	}
	if (r == 0 && (is_new || x->is_renewed || own->keys.len == 0))
		r = derive_first(&own->keys, x, "recipient", who->name,
		    x->how->next->version);
	return r;
}

static int
make_own(struct next *x)
{
	const struct gv_keyring *k = x->how->next;
	char file[GV_KEYRING_IDS_NAME];
	size_t i;
	int r = gv_keyring_ids_each(&x->was, "idkey-", add_own, x);

	for (i = 0; r == 0 && i < k->n_recipients; i++)
		if (!holds_master(&k->recipients[i]))
			r = need_own(x, &k->recipients[i]);
	for (i = 0; r == 0 && i < x->n_own; i++) {
		const struct audience a = { .name = x->own[i].name };

		snprintf(file, sizeof(file), "idkey-%s.age", x->own[i].name);
		r = add_file(x, &a, file, &x->own[i].keys, false);
	}
	return r;
}

/* ---- of scopes ------------------------------------------------------------
 */

/* Make the file of a scope. Before the keyring named the scope, its keys came
 * from the master. */
static int
make_scope(struct next *x, const char *scope)
{
	const struct audience a = { .scope = scope };
	struct gv_secret keys = GV_SECRET_INIT;
	char file[GV_KEYRING_IDS_NAME];
	size_t own = 0, i;
	int r;

	snprintf(file, sizeof(file), "scope-%s.age", scope);
	r = open_was(&keys, &own, x, file);
	gv_secret_truncate(&keys, own * GV_KDF_BYTES);
	if (r == GV_ENOTFOUND)
		for (r = 0, i = 0; r == 0 && i < x->master.len;
		     i += GV_KDF_BYTES)
			r = gv_keyring_ids_derive(
			    &keys, x->master.p + i, "scope", scope, 0);
	else if (r == 0 && (x->is_renewed || has_lost(x, scope)))
		r = derive_first(
		    &keys, x, "scope", scope, x->how->next->version);
	if (r == 0)
		r = add_file(x, &a, file, &keys, true);
	gv_secret_release(&keys);
	return r;
}

/* ---- the list -------------------------------------------------------------
 */

static int
compare(const void *a, const void *b)
{
	const struct gv_keyring_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Add the list and its signature to the files. */
static int
add_list(struct next *x)
{
	struct gv_keyring_entries *out = x->out;
	struct gv_buf text = GV_BUF_INIT, sig = GV_BUF_INIT;
	struct gv_sign sign;
	size_t i;
	int r;

	qsort(out->list, out->n, sizeof(*out->list), compare);
	gv_keyring_ids_begin(&text, x->how->next);
	for (i = 0; i < out->n; i++)
		gv_keyring_ids_add(&text, &out->list[i]);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_sign_make(&sign, x->how->sign, GV_KEYRING_IDS_SPACE,
		    text.p, text.len);
	if (r == 0 &&
	    (r = gv_sign_format(&sig, &sign, GV_KEYRING_IDS_SPACE)) == 0)
		r = gv_vec_grow((void **)&out->list, &out->cap, out->n + 2,
		    sizeof(*out->list));
	if (r < 0) {
		gv_buf_release(&text);
		gv_buf_release(&sig);
		return r;
	}
	snprintf(out->list[out->n].name, GV_KEYRING_IDS_NAME, GV_KEYRING_IDS);
	out->list[out->n++].bytes = text;
	snprintf(
	    out->list[out->n].name, GV_KEYRING_IDS_NAME, GV_KEYRING_IDS_SIG);
	out->list[out->n++].bytes = sig;
	return 0;
}

int
gv_keyring_ids_next(
    struct gv_keyring_entries *out, const struct gv_keyring_ids_make *make)
{
	static const struct audience holders;
	struct next x = { .how = make, .out = out, .master = GV_SECRET_INIT };
	size_t i;
	int r = 0;

	memset(out, 0, sizeof(*out));
	x.was.text = (struct gv_buf)GV_BUF_INIT;
	/* if the list is gone, the files are made again */
	if (make->was)
		r = gv_keyring_ids_load(&x.was, make->repo, make->was);
	if ((r = r == GV_ENOTFOUND ? 0 : r) == 0 && (r = find_master(&x)) == 0)
		r = add_file(&x, &holders, GV_KEYRING_MASTER, &x.master, false);
	if (r < 0 || (r = make_own(&x)) < 0)
		goto out;
	for (i = 0; r == 0 && i < make->next->n_scopes; i++)
		r = make_scope(&x, make->next->scopes[i]);
	if (r < 0)
		goto out;
	r = add_list(&x);
out:
	for (i = 0; i < x.n_own; i++)
		gv_secret_release(&x.own[i].keys);
	free(x.own);
	gv_secret_release(&x.master);
	gv_keyring_ids_release(&x.was);
	return r;
}
