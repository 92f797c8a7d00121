#include "record/record_near.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/near.h"
#include "base/path.h"
#include "base/shell.h"
#include "record/record.h"
#include "record/record_save.h"
#include "record/record_walk.h"
#include "remote/remote.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/clock.h"

#define TAG  "tag:"
#define GOOD "good:"

/* A search whose nearest name is copied, since records and refs go away. */
struct search {
	struct gv_near near;
	struct gv_buf name;
};

static void
consider(struct search *s, const char *name, size_t len)
{
	if (!gv_near_add(&s->near, name, len))
		return;
	gv_buf_reset(&s->name);
	gv_buf_add(&s->name, name, len);
}

static int
consider_tags(struct search *s, struct gv_repo *repo)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	size_t i;
	int r =
	    gv_record_walk_open(&walk, repo, GV_RECORD_RECALL | GV_RECORD_SKIM);

	while (r == 0 && (r = gv_record_walk_next(walk, &rec)) != 0) {
		for (i = 0; r > 0 && i < rec.n_tags; i++)
			consider(s, rec.tags[i], strlen(rec.tags[i]));
		if (r > 0)
			gv_record_release(&rec);
		r = r > 0 || r == GV_ECORRUPT ? 0 : r;
	}
	gv_record_walk_close(walk);
	return r;
}

static int
consider_good(struct search *s, struct gv_repo *repo)
{
	struct gv_refs refs = { .n = 0 };
	size_t i;
	int r = gv_ref_list(&refs, repo, GV_REFS_GOOD);

	for (i = 0; r == 0 && i < refs.n; i++) {
		const char *env = refs.refs[i].name + strlen(GV_REFS_GOOD);

		consider(s, env, strcspn(env, "/"));
	}
	gv_refs_release(&refs);
	return r;
}

static const char *
prefix_of(const char *typed)
{
	if (strncmp(typed, TAG, strlen(TAG)) == 0)
		return TAG;
	return strncmp(typed, GOOD, strlen(GOOD)) == 0 ? GOOD : "";
}

int
gv_record_near(struct gv_buf *out, struct gv_repo *repo, const char *typed)
{
	const char *prefix = prefix_of(typed);
	const char *name = typed + strlen(prefix), *back = strchr(name, '~');
	struct search s = { .near = gv_near_to(name,
				back ? (size_t)(back - name) : strlen(name)),
		.name = GV_BUF_INIT };
	struct gv_buf whole = GV_BUF_INIT;
	int r = 0;

	if (*prefix == '\0')
		consider(&s, "latest", strlen("latest"));
	r = *prefix == *GOOD ? consider_good(&s, repo)
			     : consider_tags(&s, repo);
	if (r < 0 || s.name.len == 0)
		goto out;
	gv_buf_addf(&whole, "%s%s%s", prefix, s.name.p, back ? back : "");
	if ((r = gv_buf_check(&s.name)) == 0 &&
	    (r = gv_buf_check(&whole)) == 0) {
		gv_path_quote(out, whole.p, whole.len);
		r = gv_buf_check(out);
	}
out:
	gv_buf_release(&whole);
	gv_buf_release(&s.name);
	return r;
}

/* ---- for a damaged one --------------------------------------------------- */

static bool
is_safety(const struct gv_record *rec)
{
	return rec->trigger && strcmp(rec->trigger, GV_RECORD_SAFETY) == 0;
}

int
gv_record_near_intact(struct gv_repo *repo, const char *asked)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	struct gv_remote remote;
	struct gv_buf text = GV_BUF_INIT, name = GV_BUF_INIT;
	size_t at = 0;
	int r;

	gv_buf_addf(&text,
	    "%s: %s; to look for an intact copy: git vault repair", asked,
	    gv_err_message());
	if (gv_remote_next(&remote, &at, &repo->config)) {
		gv_buf_addstr(&text, " --remote");
		gv_buf_add(&name, remote.name, remote.len);
		if ((r = gv_buf_check(&name)) < 0)
			goto out;
		gv_shell_word(&text, name.p);
	}
	if ((r = gv_record_walk_open(&walk, repo, 0)) < 0)
		goto out;
	do {
		gv_record_release(&rec);
		r = gv_record_walk_next(walk, &rec);
	} while (r == GV_ECORRUPT || (r > 0 && is_safety(&rec)));
	if (r > 0)
		gv_buf_addf(
		    &text, "; the newest that can be read is %s", rec.id);
	if (r >= 0 && (r = gv_buf_check(&text)) == 0)
		r = gv_err(GV_ECORRUPT, "%s", text.p);
out:
	gv_record_release(&rec);
	gv_record_walk_close(walk);
	gv_buf_release(&text);
	gv_buf_release(&name);
	return r;
}

/* ---- without a snapshot -------------------------------------------------- */

int
gv_record_near_none(struct gv_repo *repo, const char *asked)
{
	struct gv_buf saves = GV_BUF_INIT;
	const char *how = "";
	int r;

	if (gv_record_save_only(&saves, repo, gv_clock_now().tv_sec) == 0)
		how = gv_remote_no_snapshot(&repo->config);
	if ((r = gv_buf_check(&saves)) == 0)
		r = gv_err(GV_ENOTFOUND,
		    "no snapshot is '%s': this repository has none yet%s%s%s",
		    asked, saves.p, *how ? "; " : "", how);
	gv_buf_release(&saves);
	return r;
}
