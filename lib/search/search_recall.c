#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "search/search_internal.h"
#include "textindex/pathlog.h"

/* Numbers of versions are copied as they are. */
_Static_assert(GV_PATHLOG_NONE - GV_STORY_NONE == 0,
    "what is not there has one number in the log and in stories");

/* ---- read ---------------------------------------------------------------- */

static int
take_steps(struct gv_search *s, const struct gv_pathlog *log)
{
	struct gv_search_private *p = s->private;
	struct gv_pathlog_step *steps =
	    calloc(log->n_steps + 1, sizeof(*steps));
	size_t i;

	s->steps = calloc(log->n_steps + 1, sizeof(*s->steps));
	s->paths = calloc(log->n_paths + 1, sizeof(*s->paths));
	if (steps == NULL || s->steps == NULL || s->paths == NULL) {
		free(steps);
		return gv_err_nomem();
	}
	gv_pathlog_steps(steps, log);
	for (i = 0; i < log->n_steps; i++)
		s->steps[i] = (struct gv_search_step){ .time = steps[i].time,
			.snapshot = steps[i].id,
			.commit = steps[i].commit,
			.author = steps[i].author,
			.subject = steps[i].subject };
	free(steps);
	gv_pathlog_paths(s->paths, log);
	s->snapshots = p->n_steps = p->cap_steps = log->n_steps;
	p->n_paths = p->cap_paths = log->n_paths;
	return 0;
}

/* Those of the files that are searched, with the numbers of the log. */
static void
take_changes(struct gv_search_private *p, const struct gv_pathlog *log,
    const bool *is_wanted)
{
	struct gv_pathlog_change c;
	size_t i;

	for (i = 0; i < log->n_changes; i++) {
		gv_pathlog_change(&c, log, i);
		if (is_wanted[c.path])
			p->changes[p->n_changes++] =
			    (struct gv_story_change){ .step = c.step,
				    .path = c.path,
				    .version = c.version };
	}
	for (i = 0; i < log->n_paths; i++)
		p->now[i] =
		    is_wanted[i] ? gv_pathlog_now(log, i) : GV_STORY_NONE;
}

static int
take_files(struct gv_search *s, const struct gv_pathlog *log)
{
	struct gv_search_private *p = s->private;
	bool *is_wanted = calloc(log->n_paths + 1, sizeof(*is_wanted));
	size_t i;

	p->changes = calloc(log->n_changes + 1, sizeof(*p->changes));
	p->now = calloc(log->n_paths + 1, sizeof(*p->now));
	if (is_wanted == NULL || p->changes == NULL || p->now == NULL) {
		free(is_wanted);
		return gv_err_nomem();
	}
	p->cap_changes = log->n_changes + 1;
	for (i = 0; i < log->n_paths; i++)
		is_wanted[i] =
		    gv_search_wants(p->opts, s->paths[i], strlen(s->paths[i]));
	take_changes(p, log, is_wanted);
	free(is_wanted);
	return 0;
}

/* What a search counts of a content that is not read. */
static void
count(struct gv_search *s, uint32_t len)
{
	if (len == GV_PATHLOG_BINARY) {
		s->binary++;
		return;
	}
	s->blobs++;
	s->bytes += len;
}

static void
mark(uint32_t *numbers, uint32_t version)
{
	if (version != GV_STORY_NONE)
		numbers[version] = 0;
}

/* Give the versions that these files have a number, in their order: numbers[i]
 * is that of the i-th of the log, or GV_STORY_NONE. */
static void
number_versions(struct gv_search_private *p, const struct gv_pathlog *log,
    uint32_t *numbers)
{
	struct gv_pathlog_version v;
	size_t i;

	memset(numbers, 0xff, log->n_versions * sizeof(*numbers));
	for (i = 0; i < p->n_changes; i++)
		mark(numbers, p->changes[i].version);
	for (i = 0; i < log->n_paths; i++)
		mark(numbers, p->now[i]);
	for (i = 0; i < log->n_versions; i++) {
		if (numbers[i] == GV_STORY_NONE)
			continue;
		gv_pathlog_version(&v, log, i);
		p->versions[p->n_versions] = v.oid;
		numbers[i] = (uint32_t)p->n_versions++;
	}
}

static void
renumber(uint32_t *version, const uint32_t *numbers)
{
	if (*version != GV_STORY_NONE)
		*version = numbers[*version];
}

/* What is not in the index is among those that may have the text. */
static void
take_known(
    struct gv_search *s, const struct gv_pathlog *log, const uint32_t *numbers)
{
	struct gv_search_private *p = s->private;
	struct gv_pathlog_version v;
	uint32_t version;
	size_t i;

	memset(p->is_known, true, p->n_versions);
	for (i = 0; i < p->may_have.n; i++)
		if (gv_search_find_version(&version, s, &p->may_have.oids[i]))
			p->is_known[version] = false;
	for (i = 0; i < log->n_versions; i++) {
		if (numbers[i] == GV_STORY_NONE)
			continue;
		gv_pathlog_version(&v, log, i);
		if (v.len == GV_PATHLOG_UNTOLD)
			p->is_known[numbers[i]] = false;
		else if (p->is_known[numbers[i]])
			count(s, v.len);
	}
}

static int
take_versions(struct gv_search *s, const struct gv_pathlog *log)
{
	struct gv_search_private *p = s->private;
	uint32_t *numbers = calloc(log->n_versions + 1, sizeof(*numbers));
	size_t i;

	p->versions = calloc(log->n_versions + 1, sizeof(*p->versions));
	p->is_known = calloc(log->n_versions + 1, sizeof(*p->is_known));
	if (!numbers || !p->versions || !p->is_known) {
		free(numbers);
		return gv_err_nomem();
	}
	p->cap_versions = log->n_versions + 1;
	p->is_recalled = true;
	number_versions(p, log, numbers);
	for (i = 0; i < p->n_changes; i++)
		renumber(&p->changes[i].version, numbers);
	for (i = 0; i < log->n_paths; i++)
		renumber(&p->now[i], numbers);
	take_known(s, log, numbers);
	free(numbers);
	return 0;
}

int
gv_search_recall(struct gv_search *s)
{
	struct gv_search_private *p = s->private;
	struct gv_pathlog log;
	int r;

	if (!p->is_covered || p->opts->of != GV_SEARCH_OF_SNAPSHOTS)
		return 0;
	r = gv_pathlog_load(&p->recalled, &log, p->repo, p->cover.stamp);
	if (r <= 0)
		return r;
	if ((r = take_steps(s, &log)) < 0 || (r = take_files(s, &log)) < 0 ||
	    (r = take_versions(s, &log)) < 0)
		return r;
	return 1;
}

/* ---- written ------------------------------------------------------------- */

/* What a log is made of. */
struct parts {
	struct gv_pathlog_step *steps;
	struct gv_pathlog_version *versions;
	struct gv_pathlog_change *changes;
};

static int
fill(struct parts *parts, const struct gv_search *s, const uint32_t *lens)
{
	const struct gv_search_private *p = s->private;
	const struct gv_search_sizes *n = &p->of_snapshots;
	size_t i;

	parts->steps = calloc(n->steps + 1, sizeof(*parts->steps));
	parts->versions = calloc(n->versions + 1, sizeof(*parts->versions));
	parts->changes = calloc(n->changes + 1, sizeof(*parts->changes));
	if (!parts->steps || !parts->versions || !parts->changes)
		return gv_err_nomem();
	for (i = 0; i < n->steps; i++)
		parts->steps[i] =
		    (struct gv_pathlog_step){ .time = s->steps[i].time,
			    .commit = s->steps[i].commit,
			    .id = s->steps[i].snapshot,
			    .author = s->steps[i].author,
			    .subject = s->steps[i].subject };
	for (i = 0; i < n->versions; i++)
		parts->versions[i] =
		    (struct gv_pathlog_version){ p->versions[i], lens[i] };
	for (i = 0; i < n->changes; i++)
		parts->changes[i] =
		    (struct gv_pathlog_change){ p->changes[i].step,
			    p->changes[i].path, p->changes[i].version };
	return 0;
}

int
gv_search_record(const struct gv_search *s,
    const unsigned char stamp[GV_EXTENT_STAMP], const uint32_t *lens)
{
	const struct gv_search_private *p = s->private;
	const struct gv_search_sizes *n = &p->of_snapshots;
	struct parts parts = { .steps = NULL };
	int r;

	if (p->now == NULL)
		return 0;
	if ((r = fill(&parts, s, lens)) == 0)
		gv_pathlog_save(p->repo,
		    &(struct gv_pathlog_draft){ .stamp = stamp,
			.steps = parts.steps,
			.n_steps = n->steps,
			.paths = s->paths,
			.nows = p->now,
			.n_paths = n->paths,
			.versions = parts.versions,
			.n_versions = n->versions,
			.changes = parts.changes,
			.n_changes = n->changes });
	free(parts.steps);
	free(parts.versions);
	free(parts.changes);
	return r;
}
