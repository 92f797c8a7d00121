#include "seal/seal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "seal/seal_internal.h"

/* Uses of the digest, so that a value is never named as a list of chunks. */
static const char use_value[] = "vault secret";
static const char use_chunks[] = "vault chunks";

/* ---- names ------------------------------------------------------------- */

static void
name(struct gv_digest *out, const struct gv_seal *how, const char *use,
    const void *p, size_t len)
{
	struct gv_digest_field fields[] = { { how->scope, strlen(how->scope) },
		{ p, len } };

	gv_digest_keyed(out, how->key, use, fields, 2);
}

void
gv_seal_name_piece(const struct gv_seal *how, struct gv_seal_piece *piece)
{
	name(&piece->id, how, use_value, piece->p, piece->len);
}

void
gv_seal_name_list(
    struct gv_digest *out, const struct gv_seal *how, const struct gv_buf *ids)
{
	name(out, how, use_chunks, ids->p, ids->len);
}

int
gv_seal_name(struct gv_digest *out, const unsigned char key[GV_DIGEST_KEY],
    const char *scope, const void *data, size_t len)
{
	const struct gv_seal how = { .key = key, .scope = scope };
	struct gv_seal_piece piece = { .p = data, .len = len };
	struct gv_buf ids = GV_BUF_INIT;
	int r;

	if (len <= GV_SEAL_WHOLE) {
		gv_seal_name_piece(&how, &piece);
		*out = piece.id;
		return 0;
	}
	for (; len > 0; len -= piece.len, piece.p += piece.len) {
		piece.len = gv_chunk_cut(piece.p, len);
		gv_seal_name_piece(&how, &piece);
		gv_buf_add(&ids, piece.id.bytes, GV_DIGEST_BYTES);
	}
	if ((r = gv_buf_check(&ids)) == 0)
		gv_seal_name_list(out, &how, &ids);
	gv_buf_release(&ids);
	return r;
}

/* ---- values in chunks -------------------------------------------------- */

static int
put_tree(void *ctx, const struct gv_oid *id, const void *data, size_t len)
{
	const struct gv_seal *how = ctx;
	struct gv_oid same;
	int r;

	if (how->put == NULL)
		return 0;
	r = how->put(how->ctx, &same, GV_OTYPE_TREE, data, len, NULL);
	if (r == 0 && !gv_oid_equal(&same, id))
		r = gv_err(
		    GV_ERROR, "a tree of chunks was stored under a wrong name");
	return r < 0 ? r : 0;
}

int
gv_seal_list_add(struct gv_seal_list *list, const struct gv_seal_piece *piece)
{
	list->tree.made = put_tree;
	list->tree.made_ctx = (void *)(size_t)list->how;
	list->is_new |= !piece->as->is_there;
	gv_buf_add(&list->ids, piece->id.bytes, GV_DIGEST_BYTES);
	return gv_chunk_tree_add(&list->tree, NULL, &piece->as->object);
}

int
gv_seal_list_finish(struct gv_seal_list *list, struct gv_seal_value *value)
{
	struct gv_oid object;
	int r;

	if ((r = gv_buf_check(&list->ids)) < 0 ||
	    (r = gv_chunk_tree_finish(&list->tree, NULL, &object)) < 0)
		return r;
	gv_seal_name_list(&value->id, list->how, &list->ids);
	value->object = object;
	value->is_new = list->is_new;
	return 0;
}

void
gv_seal_list_release(struct gv_seal_list *list)
{
	if (list == NULL)
		return;
	gv_buf_release(&list->ids);
	gv_chunk_tree_release(&list->tree);
}

/* ---- the run ----------------------------------------------------------- */

/* Once, before thousands of values are looked at. */
int
gv_seal_check(const struct gv_seal *how)
{
	size_t i;

	if (how->put == NULL)
		return 0;
	if (how->n_to == 0)
		return gv_err(GV_EREFUSED,
		    "there is nobody to seal the values of %s for", how->scope);
	for (i = 0; i < how->n_to; i++) {
		if (how->to[i]->kind == GV_RECIPIENT_PASSPHRASE)
			return gv_err(GV_EREFUSED,
			    "the secrets of %s cannot be encrypted with a "
			    "passphrase, only for keys",
			    how->scope);
		if (how->to[i]->kind == GV_RECIPIENT_PLUGIN &&
		    how->to[i]->runner == NULL)
			return gv_err(GV_EREFUSED,
			    "the secrets of %s cannot be encrypted for %s: "
			    "only the program age-plugin-%s can do so",
			    how->scope, how->to[i]->text, how->to[i]->plugin);
	}
	return gv_secret_ready();
}

/* Add what a value is sealed in: chunks, or all of it. */
static int
add_pieces(struct gv_seal_batch *b, const struct gv_seal_value *value)
{
	const unsigned char *p = value->p;
	size_t len = value->len, n;
	int r;

	if (len <= GV_SEAL_WHOLE) {
		if ((r = gv_seal_batch_add(b, p, len)) == 0 &&
		    value->is_named) {
			b->pieces[b->n - 1].id = value->id;
			b->pieces[b->n - 1].is_named = true;
		}
		return r;
	}
	for (r = 0; r == 0 && len > 0; p += n, len -= n) {
		n = gv_chunk_cut(p, len);
		r = gv_seal_batch_add(b, p, n);
	}
	return r;
}

/* What came of a value that is in these pieces. */
static int
tell(struct gv_seal_value *value, const struct gv_seal *how,
    const struct gv_seal_piece *pieces, size_t n)
{
	struct gv_seal_list list = { .how = how, .ids = GV_BUF_INIT };
	size_t i;
	int r = 0;

	list.tree = (struct gv_chunk_tree)GV_CHUNK_TREE_INIT;
	if (n == 1) {
		value->id = pieces->id;
		value->object = pieces->as->object;
		value->is_new = !pieces->as->is_there;
		return 0;
	}
	for (i = 0; r == 0 && i < n; i++)
		r = gv_seal_list_add(&list, &pieces[i]);
	if (r == 0)
		r = gv_seal_list_finish(&list, value);
	gv_seal_list_release(&list);
	return r;
}

struct gv_seal_run {
	struct gv_seal_batch batch;
	struct gv_seal_value *values;
	size_t n;
	size_t first[]; /* piece of each value, and one behind the last */
};

void
gv_seal_drop(struct gv_seal_run *run)
{
	char *why;

	if (run == NULL)
		return;
	/* the failure before it is reported */
	why = gv_err_save();
	gv_seal_batch_release(&run->batch);
	gv_err_restore(why);
	free(run);
}

int
gv_seal_begin(struct gv_seal_run **out, const struct gv_seal *seal,
    struct gv_seal_value *values, size_t n)
{
	struct gv_seal_run *run;
	size_t i;
	int r = gv_seal_check(seal);

	*out = NULL;
	if (r < 0 || n == 0)
		return r;
	run = calloc(1, sizeof(*run) + (n + 1) * sizeof(run->first[0]));
	if (run == NULL)
		return gv_err_nomem();
	run->batch.how = seal;
	run->values = values;
	run->n = n;
	for (i = 0; r == 0 && i < n; i++) {
		r = add_pieces(&run->batch, &values[i]);
		run->first[i + 1] = run->batch.n;
	}
	if (r == 0)
		r = gv_seal_batch_start(&run->batch);
	if (r < 0)
		gv_seal_drop(run);
	else
		*out = run;
	return r;
}

int
gv_seal_end(struct gv_seal_run *run)
{
	size_t i;
	int r;

	if (run == NULL)
		return 0;
	r = gv_seal_batch_finish(&run->batch);
	for (i = 0; r == 0 && i < run->n; i++)
		r = tell(&run->values[i], run->batch.how,
		    run->batch.pieces + run->first[i],
		    run->first[i + 1] - run->first[i]);
	gv_seal_drop(run);
	return r;
}

int
gv_seal_run(const struct gv_seal *seal, struct gv_seal_value *values, size_t n)
{
	struct gv_seal_run *run;
	int r = gv_seal_begin(&run, seal, values, n);

	return r < 0 ? r : gv_seal_end(run);
}
