#include "policy/wish.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "policy/classes.h"
#include "policy/consent.h"
#include "policy/team.h"
#include "policy/wish_file.h"
#include "repo/repo.h"
#include "worktree/ignore.h"
#include "worktree/index.h"

/* What gitignore(5) would read as something else. */
static void
add_escaped(struct gv_buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\*?[", *text))
			gv_buf_addch(out, '\\');
		gv_buf_addch(out, *text);
	}
}

/* One line. A pattern with a slash is of the directory `prefix` ("sub/"), any
 * other one of all below it. */
static int
add_pattern(struct gv_buf *out, const char *mark, const char *pattern,
    const char *prefix)
{
	const char *slash = strchr(pattern, '/');

	if (*pattern == '\0' || *pattern == '!' || strchr(pattern, '\n'))
		return gv_err(GV_EUSAGE,
		    "'%s' is not a pattern: it must not be empty, begin with "
		    "'!' or have a line end",
		    pattern);
	gv_buf_addstr(out, mark);
	if (*prefix) {
		add_escaped(out, prefix);
		if (slash == NULL || slash[1] == '\0')
			gv_buf_addstr(out, "**/");
		pattern += *pattern == '/';
	} else if (*pattern == '#') {
		gv_buf_addch(out, '\\');
	}
	gv_buf_addf(out, "%s\n", pattern);
	return gv_buf_check(out);
}

/* What is to be in stands last, since the last pattern that matches wins. */
static int
make_level(struct gv_ignore_level **out, uint64_t *sum,
    const struct gv_wish_said *said, const char *prefix, const char *source,
    bool icase)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < said->n_exclude; i++)
		r = add_pattern(&text, "", said->exclude[i], prefix);
	for (i = 0; r == 0 && i < said->n_include; i++)
		r = add_pattern(&text, "!", said->include[i], prefix);
	if (r == 0 && text.len) {
		*sum = (gv_map_hash(text.p, text.len) ^ *sum * 31) | 1;
		r = gv_ignore_level_new(out, NULL, 0,
		    &(struct gv_ignore_file){
			text.p, text.len, source, icase });
	}
	gv_buf_release(&text);
	return r;
}

/* What is read of a directory depends on which files Git tracks, too. */
static void
sum_held(struct gv_wish *out, const struct gv_index *index)
{
	size_t i;

	out->sum =
	    (gv_map_hash(out->accepted.p, out->accepted.len) ^ out->sum * 31) |
	    1;
	for (i = 0; i < index->n; i++)
		if (gv_wish_file_is_named(
			index->entries[i].path, index->entries[i].path_len))
			out->sum = gv_map_hash(index->entries[i].path,
				       index->entries[i].path_len) ^
			    out->sum * 31;
	out->sum |= 1;
}

/* Hold the .vaultignore files that Git tracks against the accepted ones. */
static int
hold(struct gv_wish *out, struct gv_repo *repo, const struct gv_index *index)
{
	struct gv_buf present = GV_BUF_INIT;
	struct gv_consent consent;
	char *before = gv_err_save();
	int r = gv_consent_load(&consent, repo);

	if (r < 0 || consent.from == GV_CONSENT_HERE)
		goto out;
	r = gv_wish_file_gather(&present, repo, index);
	if (r == GV_ENOMEM)
		goto out;
	if (r < 0)
		r = gv_consent_warn(repo, &consent, gv_err_message());
	else
		r = gv_consent_note_files(repo, &consent, &present);
	if (r <= 0)
		goto out;
	gv_buf_add(&out->accepted, consent.texts[GV_CONSENT_IGNORE].p,
	    consent.texts[GV_CONSENT_IGNORE].len);
	r = gv_buf_check(&out->accepted);
	out->is_held = true;
	sum_held(out, index);
out:
	gv_consent_release(&consent);
	gv_buf_release(&present);
	return gv_err_settle(r, before);
}

int
gv_wish_open(struct gv_wish *out, struct gv_repo *repo,
    const struct gv_index *index, const struct gv_wish_said *said)
{
	struct gv_policy policy = GV_POLICY_INIT;
	bool icase = gv_config_bool(&repo->config, "core.ignorecase", false);
	int r;

	memset(out, 0, sizeof(*out));
	out->classes = (struct gv_buf)GV_BUF_INIT;
	r = gv_team_load(&policy, repo);
	if (r == GV_ENOMEM)
		return r;
	r = make_level(&out->policy, &out->sum,
	    &(struct gv_wish_said){
		(const char *const *)policy.snapshots.include,
		(const char *const *)policy.snapshots.exclude,
		policy.snapshots.n_include, policy.snapshots.n_exclude },
	    "", GV_TEAM_POLICY, icase);
	if (r == 0)
		r = gv_classes_text(&out->classes, &policy.snapshots, icase);
	if (r == 0 && said)
		r = make_level(&out->command, &out->sum, said, repo->prefix,
		    "the command line", icase);
	out->omits_base = policy.vcs.omits_base;
	gv_policy_release(&policy);
	if (r == 0)
		r = hold(out, repo, index);
	if (r < 0)
		gv_wish_close(out);
	return r;
}

void
gv_wish_close(struct gv_wish *wish)
{
	gv_ignore_level_free(wish->policy);
	gv_ignore_level_free(wish->command);
	gv_buf_release(&wish->accepted);
	gv_buf_release(&wish->classes);
	memset(wish, 0, sizeof(*wish));
}
