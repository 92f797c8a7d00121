#include <string.h>

#include "base/err.h"
#include "replica/replica_manifest.h"

#define FOLD_LEAST ((uint64_t)16 << 20) /* bytes that are worth it */
#define FOLD_MANY  64                   /* packs */
#define FOLD_MOST  1000

/* A state is a whole manifest: that of a chain once all of its links up to
 * there have been applied. */

static int
copy_head(struct gv_replica_manifest *out, const struct gv_replica_manifest *m)
{
	int r = gv_replica_manifest_set(out, &out->store, m->store);

	if (r < 0)
		return r;
	if ((r = gv_replica_manifest_set(out, &out->host, m->host)) < 0 ||
	    (r = gv_replica_manifest_set(out, &out->head, m->head)) < 0)
		return r;
	out->seq = m->seq;
	out->time = m->time;
	out->is_whole = m->is_whole;
	memcpy(out->previous, m->previous, sizeof(out->previous));
	return 0;
}

int
gv_replica_manifest_copy(
    struct gv_replica_manifest *out, const struct gv_replica_manifest *m)
{
	size_t i;
	int r;

	*out = (struct gv_replica_manifest)GV_REPLICA_MANIFEST_INIT;
	r = copy_head(out, m);
	for (i = 0; r == 0 && i < m->n_refs; i++)
		r = gv_replica_manifest_add_ref(
		    out, m->refs[i].name, &m->refs[i].id);
	for (i = 0; r == 0 && i < m->n_packs; i++)
		r = gv_replica_manifest_add_pack(out, &m->packs[i]);
	return r;
}

/* The refs of both, where `next` decides; both are sorted. */
static int
join_refs(struct gv_replica_manifest *out,
    const struct gv_replica_manifest *state,
    const struct gv_replica_manifest *next)
{
	const struct gv_replica_ref *ref;
	size_t i = 0, k = 0;
	int order, r = 0;

	while (r == 0 && (i < state->n_refs || k < next->n_refs)) {
		order = i == state->n_refs ? 1
		    : k == next->n_refs
		    ? -1
		    : strcmp(state->refs[i].name, next->refs[k].name);
		ref = order < 0 ? &state->refs[i] : &next->refs[k];
		i += order <= 0;
		k += order >= 0;
		if (!gv_oid_is_zero(&ref->id))
			r = gv_replica_manifest_add_ref(
			    out, ref->name, &ref->id);
	}
	return r;
}

int
gv_replica_manifest_join_packs(
    struct gv_replica_manifest *out, const struct gv_replica_manifest *m)
{
	const size_t n = out->n_packs;
	size_t i, k = 0;
	int order, r = 0;

	for (i = 0; r == 0 && i < m->n_packs; i++) {
		order = 1;
		while (k < n &&
		    (order = memcmp(out->packs[k].sum, m->packs[i].sum,
			 GV_REPLICA_SUM)) < 0)
			k++;
		if (k == n || order != 0)
			r = gv_replica_manifest_add_pack(out, &m->packs[i]);
	}
	gv_replica_manifest_sort(out);
	return r;
}

int
gv_replica_manifest_apply(
    struct gv_replica_manifest *state, const struct gv_replica_manifest *next)
{
	struct gv_replica_manifest joined = GV_REPLICA_MANIFEST_INIT;
	int r;

	if (next->is_whole) {
		r = gv_replica_manifest_copy(&joined, next);
	} else if (!state->is_whole || next->seq != state->seq + 1) {
		return gv_err(GV_ECORRUPT,
		    "manifest %llu does not go on from manifest %llu",
		    (unsigned long long)next->seq,
		    (unsigned long long)state->seq);
	} else if ((r = copy_head(&joined, next)) == 0 &&
	    (r = join_refs(&joined, state, next)) == 0) {
		r = gv_replica_manifest_join_packs(&joined, state);
		if (r == 0)
			r = gv_replica_manifest_join_packs(&joined, next);
		joined.is_whole = true;
	}
	gv_replica_manifest_release(r < 0 ? &joined : state);
	if (r == 0)
		*state = joined;
	return r;
}

int
gv_replica_manifest_diff(struct gv_replica_manifest *out,
    const struct gv_replica_manifest *before,
    const struct gv_replica_manifest *after)
{
	static const struct gv_oid gone;
	const struct gv_replica_ref *was;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < after->n_refs; i++) {
		was = gv_replica_manifest_ref(before, after->refs[i].name);
		if (!was || !gv_oid_equal(&was->id, &after->refs[i].id))
			r = gv_replica_manifest_add_ref(
			    out, after->refs[i].name, &after->refs[i].id);
	}
	for (i = 0; r == 0 && i < before->n_refs; i++)
		if (!gv_replica_manifest_ref(after, before->refs[i].name))
			r = gv_replica_manifest_add_ref(
			    out, before->refs[i].name, &gone);
	for (i = 0; r == 0 && i < after->n_packs; i++)
		if (!gv_replica_manifest_pack(before, after->packs[i].sum))
			r = gv_replica_manifest_add_pack(out, &after->packs[i]);
	gv_replica_manifest_sort(out);
	return r;
}

uint64_t
gv_replica_manifest_bytes(const struct gv_replica_manifest *state)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < state->n_packs; i++)
		bytes += state->packs[i].bytes;
	return bytes;
}

bool
gv_replica_manifest_is_due(
    const struct gv_replica_manifest *state, uint64_t whole)
{
	uint64_t base = whole, all = 0, rest;
	size_t i;

	for (i = 0; i < state->n_packs; i++) {
		all += state->packs[i].bytes;
		if (state->packs[i].bytes > base)
			base = state->packs[i].bytes;
	}
	rest = all > base ? all - base : 0;
	if (state->n_packs > FOLD_MOST)
		return true;
	if (state->n_packs > FOLD_MANY && rest >= base / 4)
		return true;
	return rest >= base && rest >= FOLD_LEAST;
}
