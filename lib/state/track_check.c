#include "state/track_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "compress/gunzip.h"
#include "crypto/secret.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "state/track_binding.h"
#include "state/track_good.h"
#include "state/track_graph.h"
#include "state/track_internal.h"
#include "state/track_leaf.h"
#include "toolstate/state.h"

struct verify {
	struct gv_track_verified *out;
	struct gv_repo *repo;
	struct gv_safe *safe;
	struct gv_odb *odb;
	const struct gv_track_version *v;
	int (*tell)(
	    void *ctx, enum gv_track_finding kind, const char *sentence);
	void *ctx;
	struct gv_buf text; /* of a sentence */

	/* the parts, while they are read as a state again */
	struct gv_track_reader *reader;
	struct gv_track_parts parts;
	size_t next;
	bool has_key, differs;
	unsigned char leaf_key[GV_TRACK_LEAF_KEY];
	struct gv_buf leaf;
	struct gv_secret room;
};

const char *
gv_track_finding_name(enum gv_track_finding kind)
{
	static const char *const names[] = {
		[GV_TRACK_BAD_PARTS] = "parts",
		[GV_TRACK_BAD_INDEX] = "index",
		[GV_TRACK_BAD_CHAIN] = "chain",
		[GV_TRACK_BAD_BINDING] = "binding",
		[GV_TRACK_DAMAGED] = "damaged",
		[GV_TRACK_DUPLICATE] = "duplicate",
		[GV_TRACK_UNKNOWN] = "dependency",
		[GV_TRACK_CIRCULAR] = "circular",
		[GV_TRACK_ORDER] = "order",
		[GV_TRACK_UNFINISHED] = "unfinished",
		[GV_TRACK_NO_BLOCK] = "no block",
		[GV_TRACK_NOT_IN_STATE] = "not in state",
		[GV_TRACK_LIVE] = "live",
	};

	return names[kind];
}

static int
found(struct verify *w, enum gv_track_finding kind, const char *sentence)
{
	w->out->findings++;
	return w->tell(w->ctx, kind, sentence);
}

/* What a call failed with is a finding, unless it is about us. */
static int
found_failure(struct verify *w, enum gv_track_finding kind, int r)
{
	char *why;

	if (r != GV_ECORRUPT && r != GV_ENOTFOUND && r != GV_EREFUSED)
		return r;
	why = gv_err_save();
	r = found(w, kind, why ? why : "it cannot be read");
	free(why);
	return r;
}

/* ---- the parts ---------------------------------------------------------- */

static int64_t
read_some(void *ctx, void *data, size_t len)
{
	struct verify *w = ctx;

	return gv_track_reader_read(w->reader, data, len);
}

/* The leaf that is made of a group again is the one that is kept. */
static int
on_group(void *ctx, const struct gv_state_group *group)
{
	struct verify *w = ctx;
	const struct gv_track_part *part;
	struct gv_oid oid;
	int r;

	w->out->items += group->n_items;
	if (!w->has_key)
		return 0;
	if (w->next == w->parts.n) {
		w->differs = true;
		return 0;
	}
	part = &w->parts.list[w->next++];
	gv_buf_reset(&w->leaf);
	r = gv_track_leaf_add(
	    &w->leaf, w->leaf_key, &w->room, group, &part->id);
	if (r < 0 ||
	    (r = gv_oid_of(&oid, GV_OTYPE_BLOB, w->leaf.p, w->leaf.len)) < 0)
		return r;
	if (!gv_oid_equal(&oid, &part->leaf))
		w->differs = true;
	return 0;
}

static int
set_key(struct verify *w)
{
	const unsigned char *key;
	int r = gv_track_naming_key(&key, w->safe, w->v);

	w->has_key = w->out->was_compared = r == 0 && key;
	if (w->has_key)
		gv_track_leaf_key(w->leaf_key, key, w->v->env, w->v->stack);
	return r;
}

static int
read_again(struct verify *w)
{
	const struct gv_state_source source = { .read = read_some,
		.cut = gv_chunk_cut,
		.memory = &gv_secret_memory,
		.unpack = gv_gunzip,
		.ctx = w };
	struct gv_state_info info;
	const char *why;
	int r = gv_track_parts_list(&w->parts, w->odb, &w->v->tree);

	if (r < 0 ||
	    (w->has_key && (r = gv_track_parts_name(&w->parts, w->odb)) < 0) ||
	    (r = gv_state_run(&info, &source, on_group, w)) < 0)
		return r;
	why = gv_track_binding_misfit(w->v, &info);
	if (why && (r = found(w, GV_TRACK_BAD_BINDING, why)) < 0)
		return r;
	if (w->has_key && (w->differs || w->next != w->parts.n))
		r = found(w, GV_TRACK_BAD_INDEX,
		    "its index does not match its parts: somebody changed it, "
		    "or another git vault made it");
	return r;
}

/* One that is refused is not opened: what it would show is not what was saved
 * there. */
static int
check_binding(struct verify *w, const struct gv_track_version *v)
{
	int r = gv_track_binding_check(&w->out->binding, w->repo, w->safe, v);

	return r < 0 ? found_failure(w, GV_TRACK_BAD_BINDING, r) : 0;
}

static int
open_parts(struct verify *w)
{
	uint64_t before = w->out->findings;
	int r = check_binding(w, w->v);

	if (r < 0 || w->out->findings != before) {
		snprintf(w->out->shut, sizeof(w->out->shut),
		    "the version is refused");
		return r;
	}
	r = w->safe ? gv_track_reader_new(&w->reader, w->repo, w->safe, w->v)
		    : gv_err(GV_ENOKEY, "no key was asked for");

	if (r == 0 && (r = set_key(w)) == 0)
		r = read_again(w);
	if (r == GV_ENOKEY) {
		snprintf(
		    w->out->shut, sizeof(w->out->shut), "%s", gv_err_message());
		return 0;
	}
	w->out->was_opened = true;
	return r < 0 ? found_failure(w, GV_TRACK_BAD_PARTS, r) : 0;
}

/* ---- the versions before ------------------------------------------------ */

static int
check_pair(struct verify *w, const struct gv_track_version *was,
    const struct gv_track_version *is)
{
	char a[GV_OID_HEX + 1], b[GV_OID_HEX + 1];

	if (is->forced)
		return 0;
	if (was->damage && strcmp(was->env, is->env) == 0 &&
	    strcmp(was->stack, is->stack) == 0)
		return 0;
	gv_oid_format(a, &was->commit);
	gv_oid_format(b, &is->commit);
	gv_buf_reset(&w->text);
	if (was->has_serial && is->has_serial && is->serial < was->serial)
		gv_buf_addf(&w->text,
		    "version %.12s has serial %" PRIu64
		    ", and the one before it, %.12s, has %" PRIu64,
		    b, is->serial, a, was->serial);
	else if (was->lineage && is->lineage &&
	    strcmp(was->lineage, is->lineage) != 0)
		gv_buf_addf(&w->text,
		    "version %.12s has lineage %s, and the one before it, "
		    "%.12s, has %s",
		    b, is->lineage, a, was->lineage);
	else if (strcmp(was->env, is->env) != 0 ||
	    strcmp(was->stack, is->stack) != 0)
		gv_buf_addf(&w->text,
		    "version %.12s is of %s/%s, and the one before it of %s/%s",
		    b, is->env, is->stack, was->env, was->stack);
	if (w->text.len == 0)
		return gv_buf_check(&w->text);
	return found(w, GV_TRACK_BAD_CHAIN, w->text.p);
}

/* A version before it, by what it says alone: what a key that is not at hand
 * bound is not told of each. */
static int
check_before(struct verify *w, const struct gv_track_version *v)
{
	const enum gv_track_binding was = w->out->binding;
	int r = check_binding(w, v);

	w->out->binding = was;
	return r;
}

static int
check_chain(struct verify *w)
{
	struct gv_track_version later = { 0 }, v = { 0 };
	struct gv_oid at = w->v->previous;
	int r = gv_track_version_copy(&later, w->v);

	while (r == 0 && !gv_oid_is_zero(&at)) {
		r = gv_track_load(&v, w->odb, &at);
		if (r < 0) {
			r = found_failure(w, GV_TRACK_BAD_CHAIN, r);
			break;
		}
		if ((r = check_pair(w, &v, &later)) == 0)
			r = check_before(w, &v);
		at = v.previous;
		/* the guards do not ask a damaged one either */
		if (v.damage && !gv_track_is_gone(&v)) {
			gv_track_version_release(&v);
			continue;
		}
		gv_track_version_release(&later);
		later = v;
		memset(&v, 0, sizeof(v));
	}
	gv_track_version_release(&later);
	return r;
}

/* ---- what resources say of one another ---------------------------------- */

static int
on_finding(void *ctx, enum gv_track_finding kind, const char *sentence)
{
	const struct verify *w = ctx;

	if (kind == GV_TRACK_UNKNOWN && gv_state_is_open(w->v->tool))
		return 0;
	return found(ctx, kind, sentence);
}

static int
check_items(struct verify *w)
{
	struct gv_track_graph *graph;
	int r;

	if ((r = gv_track_graph_new(&graph, w->v->tool)) < 0)
		goto out;
	r = gv_track_items(w->repo, w->v, gv_track_graph_add, graph);
	if (r < 0)
		goto out;
	r = gv_track_graph_check(graph, on_finding, w);
out:
	gv_track_graph_free(graph);
	return r < 0 ? found_failure(w, GV_TRACK_BAD_INDEX, r) : 0;
}

static int
check_all(struct verify *w)
{
	int r = 0;

	if (w->v->damage && !gv_track_is_gone(w->v))
		r = found(w, GV_TRACK_DAMAGED, w->v->damage);
	if (r == 0 && (r = open_parts(w)) == 0)
		r = check_chain(w);
	return r < 0 ? r : check_items(w);
}

/* Do one of both with all that they need. */
static int
run(struct verify *w, int (*check)(struct verify *w))
{
	int r = gv_repo_odb(w->repo, &w->odb);

	memset(w->out, 0, sizeof(*w->out));
	w->text = w->leaf = (struct gv_buf)GV_BUF_INIT;
	if (r == 0)
		r = check(w);
	gv_track_reader_free(w->reader);
	gv_track_parts_release(&w->parts);
	gv_secret_release(&w->room);
	gv_buf_release(&w->leaf);
	gv_buf_release(&w->text);
	explicit_bzero(w->leaf_key, sizeof(w->leaf_key));
	return r;
}

int
gv_track_verify(struct gv_track_verified *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_version *v,
    int (*tell)(void *ctx, enum gv_track_finding kind, const char *sentence),
    void *ctx)
{
	struct verify w = { .out = out,
		.repo = repo,
		.safe = safe,
		.v = v,
		.tell = tell,
		.ctx = ctx };

	return run(&w, check_all);
}

int
gv_track_verify_parts(struct gv_track_verified *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_version *v,
    int (*tell)(void *ctx, enum gv_track_finding kind, const char *sentence),
    void *ctx)
{
	struct verify w = { .out = out,
		.repo = repo,
		.safe = safe,
		.v = v,
		.tell = tell,
		.ctx = ctx };

	return run(&w, open_parts);
}
