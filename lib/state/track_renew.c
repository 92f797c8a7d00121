#include "state/track_renew.h"

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "safe/safe.h"
#include "state/track.h"
#include "toolstate/state.h"

struct renewal {
	struct gv_repo *repo;
	struct gv_safe *safe;
	int64_t now;
	uint64_t *renewed;
	struct gv_buf *why;
};

/* A version as the source of another one. */
struct source {
	struct renewal *renewal;
	const struct gv_track_version *version;
	struct gv_track_reader *reader;
};

static int64_t
read_some(void *ctx, void *data, size_t len)
{
	struct source *s = ctx;

	return gv_track_reader_read(s->reader, data, len);
}

static int
rewind_source(void *ctx)
{
	struct source *s = ctx;

	gv_track_reader_free(s->reader);
	s->reader = NULL;
	return gv_track_reader_new(
	    &s->reader, s->renewal->repo, s->renewal->safe, s->version);
}

/* It differs from the last in its readers alone, so no guard is in its way. */
static int
save(struct renewal *n, const struct gv_track_version *v)
{
	struct source in = { .renewal = n, .version = v };
	const struct gv_state_source source = { .read = read_some,
		.rewind = rewind_source,
		.ctx = &in,
		.memory = &gv_secret_memory };
	const struct gv_track_what what = { .of = { v->env, v->stack },
		.code = v->code,
		.snapshot = v->snapshot,
		.now = n->now };
	struct gv_track_saved saved = { .is_new = false };
	int r = rewind_source(&in);

	if (r == 0 &&
	    (r = gv_track_save(&saved, n->repo, n->safe, &what, &source)) == 0)
		*n->renewed += saved.is_new;
	gv_track_saved_release(&saved);
	gv_track_reader_free(in.reader);
	gv_safe_forget_scopes(n->safe);
	return r;
}

static int
renew(void *ctx, const struct gv_track_version *v)
{
	struct renewal *n = ctx;
	int r = v->size ? save(n, v) : 0;

	/* what others saved is encrypted for its readers already */
	if (r == GV_ENOKEY)
		return 0;
	if (r >= 0 || r == GV_ENOMEM || r == GV_ECANCELED)
		return r < 0 ? r : 0;
	gv_buf_addf(n->why,
	    "state %s/%s is not encrypted for the readers of the keyring: %s\n",
	    v->env, v->stack, gv_err_message());
	return gv_buf_check(n->why);
}

static int
pass(void *ctx, const char *ref)
{
	(void)ctx, (void)ref;
	return 0;
}

int
gv_track_renew(uint64_t *renewed, struct gv_buf *why, struct gv_repo *repo,
    const struct gv_safe_opts *opts)
{
	struct renewal n = {
		.repo = repo, .now = opts->now, .renewed = renewed, .why = why
	};
	int r = gv_safe_open(&n.safe, repo, opts);

	*renewed = 0;
	if (r == 0)
		r = gv_track_each(repo, renew, pass, &n);
	gv_safe_close(n.safe);
	return r;
}
