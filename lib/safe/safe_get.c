#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/odb.h"
#include "safe/safe_internal.h"
#include "safe/safe_reader.h"
#include "safe/safe_scopes.h"
#include "safe/safe_who.h"
#include "safe/safe_writer.h"
#include "seal/seal.h"

struct gv_safe_reader {
	struct gv_safe *safe;
	struct gv_seal_reader *seal;
	size_t n_with; /* identities that `seal` has */
};

/* Begin again where there are more identities than before. One that is damaged,
 * and that nobody has named, opens no more than one that is not there. */
static int
take_identities(struct gv_safe_reader *r)
{
	const struct gv_identity *const *with;
	struct gv_seal_reader *seal;
	size_t n;
	int e = gv_safe_identities_at_hand(&with, &n, r->safe);

	if (e == GV_ECORRUPT || e == GV_EREFUSED)
		return GV_ENOKEY;
	if (e < 0 || (r->seal && r->n_with == n))
		return e;
	e = gv_seal_reader_new(&seal, with, n);
	if (e < 0)
		return e;
	gv_seal_reader_free(r->seal);
	r->seal = seal;
	r->n_with = n;
	return 0;
}

int
gv_safe_reader_new(struct gv_safe_reader **out, struct gv_safe *safe)
{
	struct gv_safe_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return gv_err_nomem();
	r->safe = safe;
	*out = r;
	return 0;
}

void
gv_safe_reader_free(struct gv_safe_reader *r)
{
	if (r == NULL)
		return;
	gv_seal_reader_free(r->seal);
	free(r);
}

/* ---- reading ----------------------------------------------------------- */

/* The caller's sink, and whether it has seen anything: then there is no other
 * object to be tried. */
struct flow {
	gv_age_sink *sink;
	void *ctx;
	bool has_begun;
};

static int
pass_on(void *ctx, const void *data, size_t len)
{
	struct flow *flow = ctx;

	flow->has_begun = true;
	return flow->sink(flow->ctx, data, len);
}

static bool
is_list(const struct gv_safe_reader *r, const struct gv_oid *object)
{
	enum gv_otype type;
	size_t size;

	return gv_odb_read_header(r->safe->odb, &type, &size, object) == 0 &&
	    type == GV_OTYPE_TREE;
}

/* The value may have been named by another key that the scope has: that it is
 * the one of its id, is known by any of them. Of a value in chunks that is
 * known at its end only, so it is read twice. */
static int
read_by_any(struct gv_safe_reader *r, const struct gv_oid *object,
    struct gv_seal_claim *claim, struct flow *flow)
{
	struct gv_safe_scope *scope;
	bool is_twice;
	size_t i;
	int e;

	scope = gv_safe_scope_get(&e, r->safe, claim->scope);
	if (scope == NULL)
		return e;
	is_twice =
	    gv_safe_scope_claim(claim, scope, 1, r->safe) && is_list(r, object);
	e = GV_ECORRUPT;
	for (i = 0; e == GV_ECORRUPT && !flow->has_begun &&
	     gv_safe_scope_claim(claim, scope, i, r->safe);
	     i++) {
		if (claim->key)
			e = gv_seal_read(r->seal, r->safe->odb, object, claim,
			    is_twice ? NULL : pass_on, is_twice ? NULL : flow);
	}
	if (e == 0 && is_twice)
		e = gv_seal_read(
		    r->seal, r->safe->odb, object, claim, pass_on, flow);
	return e;
}

static int
read_object(struct gv_safe_reader *r, const struct gv_oid *object,
    const struct gv_safe_place *place, struct flow *flow)
{
	struct gv_seal_claim claim = { .scope = place->scope,
		.id = &place->id };
	const struct gv_safe_keys *keys;
	int e;

	keys = gv_safe_keys_of(&e, r->safe, place->scope);
	if (keys == NULL)
		return e;
	if (keys->is_reader)
		return read_by_any(r, object, &claim, flow);
	return gv_seal_read(r->seal, r->safe->odb, object, NULL, pass_on, flow);
}

/* The object of the place counts where that of the scope does not lead
 * anywhere; of two failures, the scope's is reported. */
static int
read_either(struct gv_safe_reader *r, const struct gv_safe_place *place,
    struct flow *flow)
{
	struct gv_oid now;
	char *why;
	int first = gv_safe_find(&now, r->safe, place->scope, &place->id);
	int second;
	bool known = !gv_oid_is_zero(&place->object);

	if (first == 0) {
		first = read_object(r, &now, place, flow);
		if (first == 0 || flow->has_begun || !known ||
		    gv_oid_equal(&now, &place->object))
			return first;
	} else if (!known) {
		return first == GV_ENOTFOUND
		    ? gv_err(first, "the scope %s has no such secret",
			  place->scope)
		    : first;
	} else if (first == GV_ENOTFOUND) {
		first = read_object(r, &place->object, place, flow);
		if (first == GV_ENOTFOUND && !flow->has_begun &&
		    gv_safe_is_absent(r->safe->repo, place->scope))
			return gv_err(GV_ENOKEY,
			    "the values of the scope %s are not here: 'git "
			    "vault sync' without --only brings them",
			    place->scope);
		return first;
	}
	why = gv_err_save();
	second = read_object(r, &place->object, place, flow);
	if (second == 0 || flow->has_begun) {
		free(why);
		return second;
	}
	gv_err_restore(why);
	return first;
}

/* What is sealed here. */
static int
read_sealed(struct gv_safe_reader *r, const struct gv_safe_place *place,
    struct flow *flow)
{
	const struct gv_identity *const *with;
	size_t n;
	int e = take_identities(r);

	if (e == 0)
		e = r->n_with ? read_either(r, place, flow) : GV_ENOKEY;
	if (e != GV_ENOKEY || flow->has_begun)
		return e;
	/* a passphrase may lead to more */
	e = gv_safe_ask(r->safe);
	if (e >= 0 && r->n_with == 0)
		e = gv_safe_identities(&with, &n, r->safe);
	if (e < 0)
		return e;
	n = r->n_with;
	e = take_identities(r);
	if (e == 0)
		e = r->n_with > n
		    ? read_either(r, place, flow)
		    : gv_err_in(GV_ENOKEY, "a value of %s", place->scope);
	return e;
}

static int
make_ready(struct gv_safe_reader *r)
{
	int e = take_identities(r);

	return e < 0 ? e : gv_safe_seek_idkey(r->safe);
}

int
gv_safe_read(struct gv_safe_reader *r, const struct gv_safe_place *place,
    gv_age_sink *sink, void *ctx)
{
	struct flow flow = { .sink = sink, .ctx = ctx };
	enum gv_safe_where where;
	struct gv_oid ref;
	char *why;
	int e = make_ready(r);

	if (e < 0)
		return e;
	where = gv_safe_where(&ref, r->safe, place);
	if (where == GV_SAFE_ELSEWHERE)
		return gv_safe_take(r->safe, &ref, place, sink, ctx);
	e = read_sealed(r, place, &flow);
	if (e >= 0 || where != GV_SAFE_BOTH || flow.has_begun)
		return e;
	/* who has no key here may have a right there; if not, that is what is
	 * told */
	why = gv_err_save();
	if (gv_safe_take(r->safe, &ref, place, pass_on, &flow) == 0) {
		free(why);
		return 0;
	}
	gv_err_restore(why);
	return e;
}

static int
drop(void *ctx, const void *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

int
gv_safe_hold(
    struct gv_safe_reader *r, const char *scope, const struct gv_digest *id)
{
	const struct gv_safe_place place = { .scope = scope, .id = *id };
	struct flow flow = { .sink = drop };
	int e = make_ready(r);

	return e < 0 ? e : read_sealed(r, &place, &flow);
}

static int
append(void *ctx, const void *data, size_t len)
{
	return gv_secret_add(ctx, data, len);
}

int
gv_safe_get(struct gv_safe_reader *r, struct gv_secret *out,
    const struct gv_safe_place *place)
{
	size_t before = out->len;
	int e = gv_safe_read(r, place, append, out);

	if (e < 0)
		gv_secret_truncate(out, before);
	return e;
}
