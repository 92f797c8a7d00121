#include "git-vault/analysis/lint_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "code/track_code.h"
#include "git-vault/front/cmd.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "state/track.h"

struct looking {
	struct gv_lint_states *out;
	struct gv_ctx *ctx;
	struct gv_lint_state *state; /* of the version that is looked at */
};

/* Copy the first bytes of a sentence. */
static const char *
keep(struct looking *l, const char *p, size_t len)
{
	return gv_arena_copy(&l->out->arena, p, len);
}

/* "ADDRESS (FILE:LINE), …": where a block is. */
static int
note_block(struct looking *l, const char *sentence, size_t len)
{
	const char *file = sentence + len + 2;
	const char *end = strchr(file, ')');
	const char *colon =
	    end ? memrchr(file, ':', (size_t)(end - file)) : NULL;

	/* what is counted may be there no time at all */
	if (colon == NULL || end[1])
		return 0;
	if (l->state->n_planned++)
		return 0;
	l->state->planned = keep(l, sentence, len);
	l->state->file = keep(l, file, (size_t)(colon - file));
	l->state->line = (uint32_t)strtoul(colon + 1, NULL, 10);
	return l->state->planned && l->state->file ? 0 : GV_ENOMEM;
}

static int
tell(void *ctx, enum gv_track_finding kind, const char *sentence)
{
	struct looking *l = ctx;
	const char *end = strstr(sentence, " (");
	const size_t len = end ? (size_t)(end - sentence) : strlen(sentence);

	if (end && kind == GV_TRACK_NOT_IN_STATE)
		return note_block(l, sentence, len);
	if (kind != GV_TRACK_NO_BLOCK || l->state->n_orphans++)
		return 0;
	l->state->orphan = keep(l, sentence, len);
	return l->state->orphan ? 0 : GV_ENOMEM;
}

/* What cannot be known is no finding. */
static int
pass(int r)
{
	return r == GV_EREFUSED || r == GV_ENOTFOUND || r == GV_ECORRUPT ? 0
									 : r;
}

static int
look_at(void *ctx, const struct gv_track_version *v)
{
	struct looking *l = ctx;
	struct gv_track_version now = *v;
	struct gv_track_code *code = NULL;
	struct gv_lint_state state = { .dir = NULL };
	uint64_t n;
	int r;

	/* the code that is there now, not that of the last apply */
	now.code = l->ctx->repo->head;
	l->state = &state;
	if ((r = gv_track_code_new(&code, l->ctx->repo, &now, NULL)) < 0 ||
	    gv_track_code_dir(code) == NULL ||
	    (r = gv_track_code_check(code, &n, tell, l)) < 0 ||
	    (state.n_orphans == 0 && state.n_planned == 0))
		goto out;
	state.env = keep(l, v->env, strlen(v->env));
	state.stack = keep(l, v->stack, strlen(v->stack));
	state.dir =
	    keep(l, gv_track_code_dir(code), strlen(gv_track_code_dir(code)));
	if (state.env == NULL || state.stack == NULL || state.dir == NULL ||
	    GV_GROW(l->out->items, l->out->n, l->out->cap) < 0)
		r = GV_ENOMEM;
	else
		l->out->items[l->out->n++] = state;
out:
	gv_track_code_free(code);
	return pass(r);
}

static int
pass_over(void *ctx, const char *ref)
{
	(void)ctx;
	(void)ref;
	return 0;
}

int
gv_lint_states_load(struct gv_lint_states *out, struct gv_ctx *ctx)
{
	struct looking l = { .out = out, .ctx = ctx };

	if (gv_oid_is_zero(&ctx->repo->head))
		return 0;
	return gv_track_each(ctx->repo, look_at, pass_over, &l);
}

void
gv_lint_states_release(struct gv_lint_states *states)
{
	free(states->items);
	gv_arena_release(&states->arena);
	memset(states, 0, sizeof(*states));
}
