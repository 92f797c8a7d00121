#include "state/track_good.h"

#include <string.h>

#include "repo/oid.h"
#include "state/track.h"
#include "state/track_internal.h"

bool
gv_track_is_gone(const struct gv_track_version *v)
{
	return v->size == 0 && v->forced;
}

struct search {
	struct gv_track_version *out;
	bool found, is_past; /* also look at versions before a deletion */
};

static int
look(void *ctx, const struct gv_track_version *v)
{
	struct search *s = ctx;
	int r;

	if (gv_track_is_gone(v))
		return s->is_past ? 0 : 1;
	if (v->damage)
		return 0;
	r = gv_track_version_copy(s->out, v);
	s->found = r == 0;
	return r < 0 ? r : 1;
}

static int
find_good(struct gv_track_version *out, bool *found, struct gv_repo *repo,
    const struct gv_track_of *of, bool is_past)
{
	struct search s = { .out = out, .is_past = is_past };
	struct gv_oid tip;
	int r = gv_track_tip(&tip, repo, of);

	memset(out, 0, sizeof(*out));
	if (r == 0 && !gv_oid_is_zero(&tip))
		r = gv_track_log(repo, of, look, &s);
	*found = s.found;
	return r;
}

int
gv_track_good(struct gv_track_version *out, bool *found, struct gv_repo *repo,
    const struct gv_track_of *of)
{
	return find_good(out, found, repo, of, false);
}

int
gv_track_good_once(struct gv_track_version *out, bool *found,
    struct gv_repo *repo, const struct gv_track_of *of)
{
	return find_good(out, found, repo, of, true);
}
