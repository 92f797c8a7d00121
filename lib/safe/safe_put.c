#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/pack.h"
#include "object/tree.h"
#include "repo/refs.h"
#include "safe/safe_internal.h"
#include "safe/safe_writer.h"
#include "seal/seal.h"

struct gv_safe_writer {
	struct gv_safe *safe;
	struct gv_pack_lane *lane;
	struct gv_safe_scope *scope; /* of the value at hand */
	/* entries that others may wait for until this value is done */
	struct gv_safe_entry **pending;
	size_t n, cap;
};

int
gv_safe_writer_new(struct gv_safe_writer **out, struct gv_safe *safe,
    struct gv_pack_lane *lane)
{
	struct gv_safe_writer *w;
	int r = gv_safe_read_policy(safe);

	if (r < 0)
		return r;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return gv_err_nomem();
	w->safe = safe;
	w->lane = lane;
	*out = w;
	return 0;
}

void
gv_safe_writer_free(struct gv_safe_writer *w)
{
	if (w == NULL)
		return;
	free(w->pending);
	free(w);
}

/* ---- one value --------------------------------------------------------- */

static int
claim(struct gv_safe_writer *w, const struct gv_digest *id,
    struct gv_safe_entry *e)
{
	int r = GV_GROW(w->pending, w->n, w->cap);

	if (r < 0)
		return r;
	if (e == NULL)
		e = gv_safe_scope_add(w->scope, id);
	if (e == NULL)
		return GV_ENOMEM;
	e->is_pending = true;
	w->pending[w->n++] = e;
	return 0;
}

/* What another thread has begun to seal is waited for; but not while others
 * may wait for us: then it is sealed twice. */
static int
find(void *ctx, struct gv_oid *object, const struct gv_digest *id)
{
	struct gv_safe_writer *w = ctx;
	struct gv_safe_scope *scope = w->scope;
	struct gv_safe_entry *e;
	int r = 0;

	pthread_mutex_lock(&scope->lock);
	e = gv_safe_scope_find(scope, id);
	while (e && e->is_pending && w->n == 0)
		pthread_cond_wait(&scope->done, &scope->lock);
	if (e && !e->is_pending && !e->is_stale &&
	    !gv_oid_is_zero(&e->object)) {
		*object = e->object;
		/* from now on it is a value, not only a part of a state */
		scope->n_new += e->is_part && !e->is_new;
		e->is_new |= e->is_part;
		e->is_part = false;
		r = 1;
	} else if (e == NULL || !e->is_pending) {
		r = claim(w, id, e);
	}
	pthread_mutex_unlock(&scope->lock);
	return r;
}

/* An id has this object now, unless somebody was quicker; by who has the lock.
 */
static int
note(struct gv_safe_scope *scope, const struct gv_digest *id,
    const struct gv_oid *object, bool is_tree)
{
	struct gv_safe_entry *e = gv_safe_scope_find(scope, id);

	if (e == NULL)
		e = gv_safe_scope_add(scope, id);
	if (e == NULL)
		return GV_ENOMEM;
	if (gv_oid_is_zero(&e->object) || e->is_stale) {
		e->is_part = false;
		e->object = *object;
		e->is_tree = is_tree;
		e->is_stale = false;
		scope->n_new += !e->is_new;
		e->is_new = true;
	}
	e->is_pending = false;
	pthread_cond_broadcast(&scope->done);
	return 0;
}

static int
put(void *ctx, struct gv_oid *out, enum gv_otype type, const void *data,
    size_t len, const struct gv_digest *id)
{
	struct gv_safe_writer *w = ctx;
	int r = gv_pack_add(w->lane, out, type, data, len, NULL);

	if (r < 0 || id == NULL)
		return r;
	pthread_mutex_lock(&w->scope->lock);
	r = note(w->scope, id, out, false);
	pthread_mutex_unlock(&w->scope->lock);
	return r;
}

static void
let_go(struct gv_safe_writer *w)
{
	struct gv_safe_scope *scope = w->scope;

	if (w->n == 0)
		return;
	pthread_mutex_lock(&scope->lock);
	while (w->n > 0)
		w->pending[--w->n]->is_pending = false;
	pthread_cond_broadcast(&scope->done);
	pthread_mutex_unlock(&scope->lock);
}

/* Make ready to seal in a scope, or only to name. */
static int
begin(struct gv_seal *seal, struct gv_safe_writer *w, const char *scope)
{
	int r;
	const struct gv_safe_keys *keys = gv_safe_keys_of(&r, w->safe, scope);

	if (keys == NULL)
		return r;
	*seal = (struct gv_seal){
		.key = keys->list.p, .scope = scope, .threads = 1, .ctx = w
	};
	if (w->lane == NULL)
		return 0;
	w->scope = gv_safe_scope_get(&r, w->safe, scope);
	if (w->scope == NULL)
		return r;
	r = gv_safe_scope_ready(w->scope, w->safe);
	if (r < 0)
		return r;
	seal->to = w->scope->to;
	seal->n_to = w->scope->n_to;
	seal->find = find;
	seal->put = put;
	return 0;
}

/* A value in chunks has a name of its own. */
static int
finish(struct gv_safe_writer *w, const struct gv_seal_value *v)
{
	int r = 0;

	if (v->len > GV_SEAL_WHOLE) {
		pthread_mutex_lock(&w->scope->lock);
		r = note(w->scope, &v->id, &v->object, true);
		pthread_mutex_unlock(&w->scope->lock);
	}
	if (r == 0 && v->is_new)
		w->safe->sealed++;
	return r;
}

/* To the vault of others that the policy names. What is sealed here as well is
 * not lost where that one cannot be reached: it is given the next time. */
static int
give(struct gv_safe_writer *w, const struct gv_digest *id, const void *p,
    size_t len, enum gv_policy_where keep)
{
	const struct gv_safe_bytes value = { p, len };
	int r = gv_safe_give(w->safe, w->lane, w->scope, id, &value);

	if (r > 0 && keep == GV_POLICY_IN_VAULT)
		w->safe->sealed++;
	if (r < 0 && keep == GV_POLICY_IN_BOTH && r != GV_ECANCELED &&
	    r != GV_ENOMEM) {
		gv_safe_note_unreached(w->safe);
		r = 0;
	}
	return r < 0 ? r : 0;
}

int
gv_safe_put(struct gv_safe_writer *w, struct gv_digest *id, const char *scope,
    const void *p, size_t len)
{
	/* what is in chunks stays here */
	enum gv_policy_where keep = len > GV_SEAL_WHOLE
	    ? GV_POLICY_IN_GIT
	    : gv_safe_keep(w->safe, scope);
	struct gv_seal_value value = { .p = p, .len = len };
	struct gv_seal seal;
	int r;

	if (w->lane == NULL)
		return gv_safe_name(id, w->safe, scope, p, len);
	if ((r = begin(&seal, w, scope)) == 0 && keep == GV_POLICY_IN_VAULT)
		r = gv_safe_name(&value.id, w->safe, scope, p, len);
	else if (r == 0 &&
	    (r = gv_safe_name_key(&seal.key, w->safe, scope, p, len)) == 0)
		r = gv_seal_run(&seal, &value, 1);
	if (r == 0 && keep != GV_POLICY_IN_VAULT)
		r = finish(w, &value);
	let_go(w);
	if (r < 0)
		return r;
	if (keep != GV_POLICY_IN_GIT &&
	    (r = give(w, &value.id, p, len, keep)) < 0)
		return r;
	*id = value.id;
	return 0;
}

int
gv_safe_put_anew(struct gv_safe_writer *w, struct gv_digest *id,
    const char *scope, const void *p, size_t len)
{
	struct gv_oid before = { { 0 } };
	struct gv_safe_scope *s = NULL;
	struct gv_safe_entry *ref;
	int r = gv_safe_name(id, w->safe, scope, p, len);

	if (r == 0)
		s = gv_safe_scope_get(&r, w->safe, scope);
	if (s == NULL)
		return r;
	pthread_mutex_lock(&s->lock);
	ref = gv_safe_scope_ref(s, id);
	if (ref) {
		before = ref->object;
		ref->object = (struct gv_oid){ { 0 } };
	}
	pthread_mutex_unlock(&s->lock);
	r = gv_safe_put(w, id, scope, p, len);
	if (ref == NULL)
		return r;
	pthread_mutex_lock(&s->lock);
	if (r < 0) {
		ref->object = before;
	} else if (!ref->is_new) {
		ref->is_new = true;
		s->n_new++;
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}

int
gv_safe_put_stream(struct gv_safe_writer *w, struct gv_digest *id,
    const char *scope, int64_t (*read)(void *ctx, void *data, size_t len),
    void *ctx)
{
	struct gv_seal_value value;
	struct gv_seal seal;
	int r = begin(&seal, w, scope);

	if (r == 0 && (r = gv_seal_stream(&seal, &value, read, ctx)) == 0 &&
	    w->lane)
		r = finish(w, &value);
	let_go(w);
	if (r == 0)
		*id = value.id;
	return r;
}

/* ---- all of them ------------------------------------------------------- */

#define NAME_MAX_LEN (2 * GV_DIGEST_BYTES + sizeof(".part"))

/* The changes of one folder. */
static int
add_folder(struct gv_ledger_edit *edit, struct gv_safe_scope *scope,
    struct gv_safe_entry *const *list, size_t n)
{
	struct gv_ledger_change *changes = calloc(n, sizeof(*changes));
	char(*names)[NAME_MAX_LEN] = calloc(n, sizeof(*names));
	struct gv_oid *folder = &scope->folders[list[0]->id.bytes[0]];
	struct gv_oid tree;
	size_t i;
	int r = 0;

	if (changes == NULL || names == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < n; i++) {
		gv_enc_hex(names[i], list[i]->id.bytes, GV_DIGEST_BYTES);
		snprintf(names[i] + 2 * GV_DIGEST_BYTES, sizeof(".part"), "%s",
		    list[i]->is_ref        ? ".ref"
			: list[i]->is_part ? ".part"
					   : ".age");
		changes[i].name = names[i];
		changes[i].mode = list[i]->is_tree ? GV_MODE_DIR : GV_MODE_FILE;
		changes[i].oid = list[i]->object;
	}
	if (r == 0 &&
	    (r = gv_ledger_tree(edit, &tree, folder, changes, n)) == 0)
		*folder = tree;
	free(changes);
	free(names);
	return r;
}

void
gv_safe_say_for_whom(
    struct gv_safe_sealed_for *now, const struct gv_safe_scope *scope)
{
	bool same = scope->has_sealed_for &&
	    memcmp(scope->sealed_for.sum, scope->sum, GV_SAFE_SUM) == 0;

	memset(now, 0, sizeof(*now));
	if (same)
		*now = scope->sealed_for;
	memcpy(now->sum, scope->sum, GV_SAFE_SUM);
	if (!same && !gv_oid_is_zero(&scope->ledger.tip)) {
		now->is_mixed = true;
		memcpy(now->old, scope->sealed_for.sum, GV_SAFE_SUM);
	}
}

static int
add_sealed_for(struct gv_ledger_edit *edit, struct gv_ledger_change *out,
    const struct gv_safe_sealed_for *now)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_safe_sealed_for_format(&text, now);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_ledger_blob(edit, &out->oid, text.p, text.len);
	out->name = GV_SAFE_SEALED_FOR;
	out->mode = GV_MODE_FILE;
	gv_buf_release(&text);
	return r;
}

static void
add_key(struct gv_ledger_change *c, char name[GV_SAFE_FOREIGN_NAME],
    struct gv_safe_foreign *f)
{
	gv_safe_foreign_name(name, f);
	c->name = name;
	c->mode = GV_MODE_FILE;
	c->oid = f->object;
	f->is_new = false;
}

/* "seal 3 values". */
static void
format_subject(char *out, size_t size, const char *verb,
    struct gv_safe_entry *const *list, size_t n)
{
	size_t i, values = 0;

	/* what is sealed and its reference are next to each other */
	for (i = 0; i < n; i++)
		values +=
		    i == 0 || !gv_digest_equal(&list[i]->id, &list[i - 1]->id);
	snprintf(
	    out, size, "%s %zu value%s", verb, values, values == 1 ? "" : "s");
}

int
gv_safe_publish_scope(struct gv_ledger_edit *edit, struct gv_safe_scope *scope,
    const struct gv_safe_sealed_for *now, const char *verb)
{
	struct gv_safe_entry **list = NULL;
	struct gv_ledger_change changes[256 + 1 + GV_SAFE_KEYS] = {
		{ .name = NULL }
	};
	char keys[GV_SAFE_KEYS][GV_SAFE_FOREIGN_NAME], names[256][3],
	    ref[sizeof(GV_REFS_SECRETS) + GV_KEYRING_NAME_MAX];
	char subject[64];
	struct gv_oid tree;
	size_t i, j, n = 0, n_changes = 0;
	int r = gv_safe_scope_list(&list, &n, scope, true);

	if (r == 0)
		r = add_sealed_for(edit, &changes[n_changes++], now);

	for (i = 0; r == 0 && i < n; i = j) {
		struct gv_ledger_change *c = &changes[n_changes];
		unsigned char first = list[i]->id.bytes[0];

		for (j = i; j < n && list[j]->id.bytes[0] == first; j++)
			continue;
		r = add_folder(edit, scope, list + i, j - i);
		gv_enc_hex(names[first], &first, 1);
		c->name = names[first];
		c->mode = GV_MODE_DIR;
		c->oid = scope->folders[first];
		n_changes++;
	}
	for (i = 0; r == 0 && i < scope->n_foreign; i++)
		if (scope->foreign[i].is_new)
			add_key(
			    &changes[n_changes++], keys[i], &scope->foreign[i]);
	if (r == 0)
		r = gv_ledger_tree(
		    edit, &tree, &scope->ledger.tree, changes, n_changes);
	snprintf(ref, sizeof(ref), GV_REFS_SECRETS "%s", scope->name);
	if (r < 0)
		goto out;
	format_subject(subject, sizeof(subject), verb, list, n);
	r = gv_ledger_step(edit, &scope->ledger, ref, &tree, subject);
	if (r < 0)
		goto out;
	scope->ledger.tree = tree;
out:
	free(list);
	return r;
}

int
gv_safe_publish(
    struct gv_safe *safe, struct gv_pack_lane *lane, struct gv_ref_tx *tx)
{
	struct gv_safe_sealed_for now;
	struct gv_ledger_edit edit;
	size_t i;
	int r = gv_ledger_join(&edit, safe->repo, safe->opts.now, lane, tx);

	for (i = 0; r == 0 && i < safe->n_scopes; i++) {
		if (safe->scopes[i]->n_new == 0)
			continue;
		gv_safe_say_for_whom(&now, safe->scopes[i]);
		if ((r = gv_safe_foreign_add(&edit, safe->scopes[i], safe)) ==
		    0)
			r = gv_safe_publish_scope(
			    &edit, safe->scopes[i], &now, "seal");
	}
	gv_ledger_end(&edit);
	return r;
}
