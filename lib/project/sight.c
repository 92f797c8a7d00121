#include "project/sight_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autosave/autosave.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "overview/overview.h"
#include "policy/team.h"
#include "project/lineage.h"
#include "infra/makeup.h"
#include "project/project.h"
#include "project/project_id.h"
#include "project/registry.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/env.h"
#include "sys/proc.h"
#include "worktree/index.h"

#define DAY ((int64_t)24 * 60 * 60)

/* ---- texts --------------------------------------------------------------- */

static int
keep(const char **out, struct gv_sight *s, const char *text)
{
	*out = text ? gv_arena_copy(&s->arena, text, strlen(text)) : NULL;
	return text && *out == NULL ? GV_ENOMEM : 0;
}

static int
add_text(struct gv_sight_texts *out, struct gv_sight *s, const char *text)
{
	if (GV_GROW(out->items, out->n, out->cap) < 0)
		return gv_err_nomem();
	return keep(&out->items[out->n++], s, text);
}

static int
add_texts(struct gv_sight_texts *out, struct gv_sight *s,
    const char *const *items, size_t n)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = add_text(out, s, items[i]);
	return r;
}

/* ---- what it is ---------------------------------------------------------- */

/* Of the files that Git tracks, by names and the sizes that the index has. */
static void
look_at_files(struct gv_makeup *makeup, struct gv_repo *repo)
{
	struct gv_index *index = NULL;
	char *before = gv_err_save();
	size_t i;

	if (gv_index_open(&index, repo) == 0)
		for (i = 0; i < index->n; i++)
			gv_makeup_add(makeup, index->entries[i].path,
			    index->entries[i].path_len, index->entries[i].size);
	gv_index_close(index);
	gv_err_restore(before);
}

static int
take_project(struct gv_sight *out, const struct gv_project *p)
{
	int r;

	if ((r = keep(&out->name, out, p->name)) < 0 ||
	    (r = keep(&out->client, out, p->client)) < 0 ||
	    (r = keep(&out->phase, out, p->phase)) < 0 ||
	    (r = add_texts(&out->stack, out, p->stack, p->n_stack)) < 0)
		return r;
	if ((r = add_texts(&out->tags, out, p->tags, p->n_tags)) < 0 ||
	    (r = add_texts(&out->parts, out, p->parts, p->n_parts)) < 0)
		return r;
	return add_texts(&out->related, out, p->related, p->n_related);
}

/* A policy that cannot be read names nothing; that it cannot is a finding. */
static int
add_link(struct gv_sight_texts *list, struct gv_sight *out,
    const struct gv_lineage_end *end, const char *folder)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	gv_lineage_add_name(&name, end);
	if (folder)
		gv_buf_addf(&name, " (%s)", folder);
	if ((r = gv_buf_check(&name)) == 0)
		r = add_text(list, out, name.p);
	gv_buf_release(&name);
	return r;
}

/* What it was rewritten from, and what from it. */
static int
take_links(struct gv_sight *out, const struct gv_repo *repo, const char *path)
{
	struct gv_registry registry;
	struct gv_lineage lineage = { .links = NULL };
	size_t i;
	int r;

	if (!gv_lineage_is_any(&repo->config))
		return 0;
	if ((r = gv_registry_load(&registry)) == 0)
		r = gv_lineage_load(&lineage, &registry);
	for (i = 0; r == 0 && i < lineage.n; i++) {
		const struct gv_lineage_link *link = &lineage.links[i];

		if (strcmp(link->new.project->path, path) == 0)
			r = add_link(
			    &out->from, out, &link->old, link->new.folder);
		if (r == 0 && link->old.project &&
		    strcmp(link->old.project->path, path) == 0)
			r = add_link(
			    &out->as, out, &link->new, link->old.folder);
	}
	gv_lineage_release(&lineage);
	gv_registry_release(&registry);
	return r;
}

static int
describe(struct gv_sight *out, struct gv_repo *repo)
{
	const char *path = repo->worktree ? repo->worktree : repo->git_dir;
	struct gv_policy policy = GV_POLICY_INIT;
	struct gv_makeup *makeup = calloc(1, sizeof(*makeup));
	struct gv_project project = { .name = NULL };
	char id[GV_PROJECT_ID_MAX], *before = gv_err_save();
	const bool has_id = gv_project_id_of(id, repo->git_dir);
	int r;

	r = makeup ? gv_team_load(&policy, repo) : gv_err_nomem();
	if (r == GV_ENOMEM)
		goto out;
	look_at_files(makeup, repo);
	r = gv_project_describe(&project,
	    &(struct gv_project_facts){ .config = &repo->config,
		.path = path,
		.id = has_id ? id : NULL,
		.home = gv_env_get("HOME"),
		.said = r == 0 ? &policy.project : NULL,
		.makeup = makeup });
	if (r < 0 || (r = take_project(out, &project)) < 0 ||
	    (r = keep(&out->path, out, path)) < 0 ||
	    (r = keep(&out->branch, out, gv_repo_branch(repo))) < 0)
		goto out;
	r = keep(&out->language, out, gv_makeup_language(makeup));
	if (r == 0)
		r = take_links(out, repo, path);
out:
	gv_project_release(&project);
	gv_policy_release(&policy);
	free(makeup);
	return gv_err_settle(r, before);
}

/* ---- how it stands ------------------------------------------------------- */

static int
take_overview(struct gv_sight *out, const struct gv_overview *over)
{
	const struct gv_doctor_report *d = &over->doctor;
	size_t i;
	int r;

	if (*over->last.id) {
		out->last_time = over->last.time;
		if ((r = keep(&out->last, out, over->last.id)) < 0)
			return r;
	}
	out->has_changes = over->has_status;
	out->added = over->added;
	out->changed = over->changed;
	out->removed = over->gone;
	out->unreadable = over->unreadable;
	out->unsent = d->refs.refs.n - d->unsent;
	out->remotes = d->n_remotes;
	for (i = 0; i < d->n_remotes; i++)
		out->behind += d->remotes[i].snapshots < d->refs.refs.n;
	for (i = 0; i < GV_ADVICE_LINES; i++)
		if (over->advice.lines[i].level == GV_ADVICE_DANGER &&
		    (r = add_text(&out->dangers, out,
			 over->advice.lines[i].finding->kind)) < 0)
			return r;
	return keep(&out->next, out, over->advice.next);
}

static int
look_at_vault(struct gv_sight *out, struct gv_repo *repo, int64_t now)
{
	struct gv_overview over;
	int r = gv_overview_get(&over, repo, now);

	if (r == 0)
		r = take_overview(out, &over);
	gv_overview_release(&over);
	return r;
}

/* A chain that cannot be read has no time; doctor tells of it. */
static void
look_at_saves(struct gv_sight *out, struct gv_repo *repo)
{
	struct gv_autosave last;
	char *before = gv_err_save();

	if (repo->worktree && gv_autosave_last(&last, repo) > 0)
		out->auto_time = last.time;
	gv_err_restore(before);
}

/* ---- commits that are on no remote --------------------------------------- */

static int
count_commits(struct gv_sight *out)
{
	char most[32];
	const char *argv[] = { "git", "rev-list", "--count", most, "--branches",
		"--not", "--remotes", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	snprintf(most, sizeof(most), "--max-count=%d", GV_SIGHT_COMMITS);
	r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });
	if (r == 0 && p.status)
		r = gv_err(
		    GV_ERROR, "git cannot count commits: %s", gv_proc_why(&p));
	if (r == 0)
		out->commits = strtoll(p.out.p, NULL, 10);
	gv_proc_release(&p);
	return r;
}

static bool
is_below(const struct gv_ref *ref, const char *prefix)
{
	return strncmp(ref->name, prefix, strlen(prefix)) == 0;
}

/* Mostly each branch is where a remote has one, and nothing is to be counted.
 */
static int
look_at_branches(struct gv_sight *out, const struct gv_refs *refs)
{
	struct gv_map known = GV_MAP_INIT;
	bool is_ahead = false;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < refs->n; i++)
		if (is_below(&refs->refs[i], "refs/remotes/"))
			r = gv_map_put(&known, &refs->refs[i].oid,
			    sizeof(refs->refs[i].oid), &refs->refs[i]);
	for (i = 0; i < refs->n; i++)
		is_ahead |= is_below(&refs->refs[i], "refs/heads/") &&
		    gv_map_get(&known, &refs->refs[i].oid,
			sizeof(refs->refs[i].oid)) == NULL;
	out->commits = known.n ? 0 : -1;
	if (r == 0 && known.n && is_ahead)
		r = count_commits(out);
	gv_map_release(&known);
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

/* From git's files; by git where something in them is not plain. */
static int
list_branches(struct gv_refs *out, struct gv_repo *repo)
{
	static const char *const wanted[] = { "refs/heads/", "refs/remotes/",
		"refs/tags/", NULL };
	static const char *const none[] = { NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_ref_read_beside(out, repo, none);

	if (r != 0)
		return r < 0 ? r : 0;
	if ((r = gv_ref_list_start(&p, wanted)) == 0)
		r = gv_ref_list_finish(out, &p);
	gv_proc_release(&p);
	return r;
}

int
gv_sight_look(struct gv_sight *out, struct gv_repo *repo, int64_t now)
{
	struct gv_refs refs = { 0 };
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = describe(out, repo)) < 0 ||
	    (r = look_at_vault(out, repo, now)) < 0)
		return r;
	look_at_saves(out, repo);
	out->size = gv_repo_size(repo);
	if ((r = list_branches(&refs, repo)) == 0 &&
	    (r = look_at_branches(out, &refs)) == 0 && out->commits >= 0)
		r = gv_sight_add_tagged(out, repo, &refs);
	gv_refs_release(&refs);
	return r;
}

uint64_t
gv_sight_unsaved(const struct gv_sight *sight)
{
	return sight->added + sight->changed + sight->removed +
	    sight->unreadable;
}

bool
gv_sight_is_stale(const struct gv_sight *sight, int64_t now)
{
	const int64_t last = sight->auto_time > sight->last_time
	    ? sight->auto_time
	    : sight->last_time;

	return last == 0 ||
	    ((sight->last == NULL || gv_sight_unsaved(sight) > 0) &&
		now - last > DAY);
}

void
gv_sight_release(struct gv_sight *sight)
{
	free(sight->stack.items);
	free(sight->tags.items);
	free(sight->parts.items);
	free(sight->related.items);
	free(sight->from.items);
	free(sight->as.items);
	free(sight->dangers.items);
	gv_arena_release(&sight->arena);
	memset(sight, 0, sizeof(*sight));
}
