#include "git-vault/front/cmd.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/shell.h"
#include "base/time.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/project_all.h"
#include "git-vault/front/project_kin.h"
#include "git-vault/front/project_line.h"
#include "git-vault/front/project_place.h"
#include "key/keyring_store.h"
#include "record/record_time.h"
#include "repo/oid.h"
#include "search/search.h"
#include "vault/author.h"

#define ABBREV 10 /* digits of a commit */

struct search_opts {
	bool regex, word, symbol, removed, commits, saves, all;
	const char *path, *since, *in;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .name = "regex",
	    .at = offsetof(struct search_opts, regex),
	    .help = "the pattern is a regular expression" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'w',
	    .name = "word",
	    .at = offsetof(struct search_opts, word),
	    .help = "only whole words" },
	{ .type = GV_OPT_BOOL,
	    .name = "symbol",
	    .at = offsetof(struct search_opts, symbol),
	    .help = "only where it is defined: a function, a type, a key" },
	{ .type = GV_OPT_STRING,
	    .name = "path",
	    .arg = "GLOB",
	    .at = offsetof(struct search_opts, path),
	    .help = "only files with such a path or name" },
	{ .type = GV_OPT_STRING,
	    .name = "since",
	    .arg = "TIME",
	    .at = offsetof(struct search_opts, since),
	    .help = "only what came, changed or went since then" },
	{ .type = GV_OPT_BOOL,
	    .name = "removed",
	    .at = offsetof(struct search_opts, removed),
	    .help = "only what is not there any more" },
	{ .type = GV_OPT_BOOL,
	    .name = "commits",
	    .at = offsetof(struct search_opts, commits),
	    .help = "search what was committed, too" },
	{ .type = GV_OPT_BOOL,
	    .name = "auto",
	    .at = offsetof(struct search_opts, saves),
	    .help = "search automatic saves of this working tree, too" },
	{ .type = GV_OPT_STRING,
	    .name = "in",
	    .arg = "PROJECT",
	    .at = offsetof(struct search_opts, in),
	    .help = "search in this project" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'A',
	    .name = "all-projects",
	    .at = offsetof(struct search_opts, all),
	    .help = "search in all projects" },
	GV_OPT_LAST
};

struct search {
	struct gv_ctx *ctx;
	struct gv_search found;
	struct gv_search_line shown_line; /* of the story at hand */
	int64_t since;                    /* INT64_MIN: always */
	uint64_t shown;
	const char *first;     /* of what is only counted: the file */
	struct gv_buf renamed; /* the new name, where it was removed last */
	struct gv_project_line line;
	struct gv_project_kins kins;
};

/* ---- which --------------------------------------------------------------- */

static bool
is_shown(const struct search *s, const struct gv_story *story)
{
	const struct search_opts *o = s->ctx->opts;
	const struct gv_story_event *last = &story->events[story->n - 1];

	return (!o->removed || !story->is_there) &&
	    s->found.steps[last->step].time >= s->since;
}

/* ---- text ---------------------------------------------------------------- */

static enum gv_out_slot
slot_of(enum gv_story_what what)
{
	switch (what) {
	case GV_STORY_INTRODUCED:
		return GV_OUT_ADDED;
	case GV_STORY_REMOVED:
		return GV_OUT_REMOVED;
	default:
		return GV_OUT_CHANGED;
	}
}

/* The name that took the place of what was removed, and the file. */
static void
print_successors(struct search *s, const struct gv_story_event *e)
{
	struct gv_out *out = s->ctx->out;
	struct gv_buf line = GV_BUF_INIT;

	if (e->to != GV_STORY_NONE) {
		gv_out_printf(out, "               the file is now ");
		gv_out_path(
		    out, s->found.paths[e->to], strlen(s->found.paths[e->to]));
		gv_out_printf(out, "\n");
	}
	if (s->renamed.len == 0)
		return;
	gv_out_printf(out, "               renamed to ");
	gv_out_paint(out, GV_OUT_CHANGED, "%s", s->renamed.p);
	gv_cmd_paste(&line, s->ctx);
	gv_buf_addf(&line, " search --word %s", s->renamed.p);
	if (gv_buf_check(&line) == 0)
		gv_out_printf(out, "; to follow it: %s", line.p);
	gv_out_printf(out, "\n");
	gv_buf_release(&line);
}

static void
print_event(struct search *s, const struct gv_story *story,
    const struct gv_story_event *e)
{
	const struct gv_search_step *step = &s->found.steps[e->step];
	struct gv_out *out = s->ctx->out;
	char age[GV_TIME_MAX], hex[GV_OID_HEX + 1];
	const char *id = step->snapshot;
	/* a name is enough where the line is to fit the terminal */
	const size_t len = gv_out_is_fitted(out)
	    ? gv_author_name_len(step->author)
	    : strlen(step->author);
	size_t used;

	gv_time_relative(age, step->time, s->ctx->now);
	gv_oid_format(hex, &step->commit);
	hex[ABBREV] = '\0';
	id = id ? gv_out_short_id(out, id) : hex;
	gv_out_printf(out, "    ");
	gv_out_paint(out, slot_of(e->what), "%-10s", gv_story_words[e->what]);
	gv_out_printf(out, " %s in ", age);
	gv_out_paint(
	    out, GV_OUT_ID, "%s%s", step->snapshot ? "" : "commit ", id);
	used = strlen("    introduced  in commit , : ") + strlen(age) +
	    strlen(id) + len;
	if (e->what == GV_STORY_MOVED) {
		gv_out_printf(out, " from ");
		gv_out_path(out, s->found.paths[e->from],
		    strlen(s->found.paths[e->from]));
		used += 6 + strlen(s->found.paths[e->from]);
	}
	gv_out_printf(out, ", ");
	gv_out_text(out, step->author, len);
	if (*step->subject) {
		gv_out_printf(out, ": ");
		gv_out_text_fitted(
		    out, step->subject, strlen(step->subject), used);
	}
	gv_out_printf(out, "\n");
	if (e == &story->events[story->n - 1])
		print_successors(s, e);
}

/* The first event, the last one, and how many changes lie between. */
static void
print_events(struct search *s, const struct gv_story *story)
{
	const bool is_long = s->ctx->verbosity > 0;
	char count[GV_OUT_SIZE_MAX];
	size_t i;

	for (i = 0; i < story->n; i++) {
		if (is_long || i < 2 || i + 2 >= story->n) {
			print_event(s, story, &story->events[i]);
		} else if (i == 2) {
			gv_out_count(count, story->n - 4, "event");
			gv_out_paint(s->ctx->out, GV_OUT_DIM,
			    "    %s more; -v lists all\n", count);
		}
	}
	if (story->is_there)
		gv_out_paint(s->ctx->out, GV_OUT_ADDED, "    still there\n");
}

/* What the file was rewritten from, or as. */
static void
print_kins(struct search *s, const char *path)
{
	const struct gv_project_kin *kin = NULL;
	struct gv_out *out = s->ctx->out;

	while ((kin = gv_project_kin_of(&s->kins, path, kin)) != NULL) {
		gv_out_printf(out, "    ");
		gv_out_paint(out, GV_OUT_CHANGED, "rewritten");
		gv_out_printf(out, kin->is_heir ? "  as " : "  from ");
		gv_out_text(out, kin->project, strlen(kin->project));
		gv_out_printf(out, " ");
		gv_out_path(out, kin->there, strlen(kin->there));
		gv_out_paint(out, GV_OUT_DIM, " (%u %% alike)\n", kin->alike);
	}
}

static void
print_story(struct search *s, const struct gv_story *story)
{
	const char *path = s->found.paths[story->path];
	struct gv_out *out = s->ctx->out;

	gv_out_path(out, path, strlen(path));
	gv_out_printf(out, ":%zu: ", s->shown_line.number);
	if (s->shown_line.is_withheld)
		gv_out_paint(
		    out, GV_OUT_DIM, "(not shown: it seems to hold a secret)");
	else
		gv_out_text_fitted(out, s->shown_line.text.p,
		    s->shown_line.text.len, strlen(path) + 8);
	if (s->shown_line.lines > 1)
		gv_out_paint(out, GV_OUT_DIM, " (%" PRIu64 " lines)",
		    s->shown_line.lines);
	gv_out_printf(out, "\n");
	print_events(s, story);
	print_kins(s, path);
}

/* ---- JSON ---------------------------------------------------------------- */

static void
put_event(struct search *s, const struct gv_story_event *e)
{
	const struct gv_search_step *step = &s->found.steps[e->step];
	const char *path = s->found.paths[e->path];
	struct gv_json *j = s->ctx->json;

	gv_json_object(j, NULL);
	gv_json_string(j, "change", gv_story_words[e->what]);
	gv_json_time(j, "time", step->time);
	gv_json_string(j, "snapshot", step->snapshot);
	gv_json_oid(j, "commit", &step->commit);
	gv_json_string(j, "author", step->author);
	gv_json_string(j, "subject", step->subject);
	gv_json_path(j, "path", path, strlen(path));
	if (e->from == GV_STORY_NONE)
		gv_json_null(j, "from");
	else
		gv_json_path(j, "from", s->found.paths[e->from],
		    strlen(s->found.paths[e->from]));
	if (e->to == GV_STORY_NONE)
		gv_json_null(j, "to");
	else
		gv_json_path(j, "to", s->found.paths[e->to],
		    strlen(s->found.paths[e->to]));
	gv_json_end(j);
}

static void
put_kins(struct search *s, const char *path)
{
	const struct gv_project_kin *kin = NULL;
	struct gv_json *j = s->ctx->json;

	gv_json_array(j, "rewritten");
	while ((kin = gv_project_kin_of(&s->kins, path, kin)) != NULL) {
		gv_json_object(j, NULL);
		gv_json_string(j, "direction", kin->is_heir ? "as" : "from");
		gv_json_string(j, "project", kin->project);
		gv_json_path(j, "path", kin->there, strlen(kin->there));
		gv_json_uint(j, "alike", kin->alike);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
put_story(struct search *s, const struct gv_story *story)
{
	const char *path = s->found.paths[story->path];
	struct gv_json *j = s->ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_path(j, "path", path, strlen(path));
	gv_json_uint(j, "line", s->shown_line.number);
	if (s->shown_line.is_withheld)
		gv_json_null(j, "text");
	else
		gv_json_text(
		    j, "text", s->shown_line.text.p, s->shown_line.text.len);
	gv_json_bool(j, "withheld", s->shown_line.is_withheld);
	gv_json_uint(j, "lines", s->shown_line.lines);
	gv_json_bool(j, "present", story->is_there);
	gv_json_bool(j, "word", story->is_word);
	gv_json_bool(j, "definition", story->is_definition);
	gv_json_bool(j, "foreign", story->is_foreign);
	gv_json_string(j, "renamed", s->renamed.len ? s->renamed.p : NULL);
	gv_json_array(j, "events");
	for (i = 0; i < story->n; i++)
		put_event(s, &story->events[i]);
	gv_json_end(j);
	put_kins(s, path);
	gv_json_end(j);
}

static void
put_sums(struct gv_json *j, const struct gv_search *found)
{
	gv_json_uint(j, "snapshots", found->snapshots);
	gv_json_uint(j, "commits", found->commits);
	gv_json_uint(j, "contents", found->blobs);
	gv_json_uint(j, "bytes", found->bytes);
	gv_json_uint(j, "binary", found->binary);
	gv_json_uint(j, "missing", found->missing);
	gv_json_lines(j, "damaged", found->damaged.p);
}

/* A search that fails before it finds anything prints no document. */
static void
begin_results(struct search *s)
{
	if (s->ctx->json == NULL)
		return;
	gv_json_object(s->ctx->json, NULL);
	gv_json_array(s->ctx->json, "results");
}

static void
end_results(struct search *s)
{
	if (s->shown == 0)
		begin_results(s);
	if (s->ctx->json == NULL)
		return;
	gv_json_end(s->ctx->json);
	put_sums(s->ctx->json, &s->found);
}

/* ---- all of it ----------------------------------------------------------- */

/* For the first that is shown: all files of both are read for it. */
static int
find_kins(struct search *s)
{
	if (s->shown || !gv_project_line_is_any(&s->line))
		return 0;
	return gv_project_kin_find(&s->kins, &s->line);
}

static int
show(void *ctx, const struct gv_story *story)
{
	struct search *s = ctx;
	int r;

	if (!is_shown(s, story))
		return 0;
	if (gv_out_stopped(s->ctx->out))
		return 1;
	if ((r = find_kins(s)) < 0 ||
	    (r = gv_search_line(&s->shown_line, &s->found, story)) < 0 ||
	    (r = gv_search_renamed(
		 &s->renamed, &s->found, &story->events[story->n - 1])) < 0)
		return r;
	if (s->shown++ == 0)
		begin_results(s);
	if (s->ctx->json)
		put_story(s, story);
	else
		print_story(s, story);
	/* the rest may take its time */
	return s->found.is_reading ? gv_out_flush(s->ctx->out) : 0;
}

/* In the projects that this one was rewritten from. */
static int
go_on(struct search *s, int r)
{
	int before = 0;

	if (s->line.n || s->ctx->json)
		before = gv_project_line_go_on(&s->line, s->ctx);
	if (s->ctx->json)
		gv_json_end(s->ctx->json);
	if (before < 0)
		return before;
	/* found here or there, or both in part */
	if (before > 1 || r > 1)
		return 3;
	return before == 0 && gv_project_line_leads_back(&s->line) ? 0 : r;
}

/* What is encrypted has no text to search: who seeks a leaked value must not
 * take its silence for an answer. */
static bool
has_secrets(const struct search *s)
{
	struct gv_oid tip;

	return s->ctx->repo && gv_keyring_tip(&tip, s->ctx->repo) == 0 &&
	    !gv_oid_is_zero(&tip);
}

static void
tell(struct search *s)
{
	char contents[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX];
	const char *p = s->found.damaged.p, *end;

	for (; *p; p = end + 1) {
		end = strchr(p, '\n');
		gv_out_warn(s->ctx->out, "%.*s", (int)(end - p), p);
	}
	gv_out_count(contents, s->found.blobs, "version");
	gv_out_size(size, s->found.bytes);
	gv_out_detail(s->ctx->out,
	    "searched %s of files (%s) in %" PRIu64 " snapshots and %" PRIu64
	    " commits",
	    contents, size, s->found.snapshots, s->found.commits);
	if (s->found.read < s->found.blobs)
		gv_out_detail(s->ctx->out,
		    "read %" PRIu64 " of them; the index says that the others "
		    "lack the text",
		    s->found.read);
	gv_out_count(contents, s->found.binary, "version");
	if (s->found.binary)
		gv_out_detail(s->ctx->out,
		    s->found.binary == 1
			? "%s of a file is no text, and was not searched"
			: "%s of files are no text, and were not searched",
		    contents);
	if (s->found.is_untagged)
		gv_out_warn(s->ctx->out,
		    "ctags failed, or took more than ten seconds: lines were "
		    "judged one by one");
	if (s->found.missing)
		gv_out_warn(s->ctx->out,
		    "%" PRIu64 " version%s of %s %s missing or damaged, and "
		    "not searched; to see which: git vault verify",
		    s->found.missing, s->found.missing == 1 ? "" : "s",
		    s->found.missing == 1 ? "a file" : "files",
		    s->found.missing == 1 ? "is" : "are");
	for (p = s->kins.unread.p; *p; p = end + 1) {
		end = strchr(p, '\n');
		gv_out_warn(s->ctx->out, "%.*s", (int)(end - p), p);
	}
	if (s->shown == 0 && !s->ctx->json)
		gv_out_say(s->ctx->out,
		    has_secrets(s) ? "nothing found; encrypted files, values "
				     "and states were not searched"
				   : "nothing found");
}

/* "project:NAME" is a project for all commands, and NAME is for this one. */
static const char *
name_of(const char *project)
{
	const size_t n = strlen(GV_PROJECT_PLACE_MARK);

	return project && strncmp(project, GV_PROJECT_PLACE_MARK, n) == 0
	    ? project + n
	    : project;
}

#define MOST_WORDS 20

/* The same search as words of a command: how many. */
static int
put_words(char *argv[MOST_WORDS], const struct search_opts *o, bool with_saves,
    char *pattern)
{
	static char regex[] = "--regex", word[] = "--word",
		    removed[] = "--removed", symbol[] = "--symbol",
		    commits[] = "--commits", saves[] = "--auto",
		    path[] = "--path", since[] = "--since", name[] = "search",
		    dashes[] = "--";
	int n = 0;

	argv[n++] = name;
	if (o->regex)
		argv[n++] = regex;
	if (o->word)
		argv[n++] = word;
	if (o->symbol)
		argv[n++] = symbol;
	if (o->removed)
		argv[n++] = removed;
	if (o->commits)
		argv[n++] = commits;
	if (with_saves)
		argv[n++] = saves;
	if (o->path) {
		argv[n++] = path;
		argv[n++] = (char *)o->path;
	}
	if (o->since) {
		argv[n++] = since;
		argv[n++] = (char *)o->since;
	}
	argv[n++] = dashes;
	argv[n++] = pattern;
	return n;
}

/* What the index of a project is asked before a process is started in it. */
struct glancing {
	struct gv_search_opts how;
	bool json;
};

/* What a search prints that finds nothing. */
static int
glance(void *ctx, struct gv_buf *out, const char *path)
{
	const struct glancing *g = ctx;
	struct gv_json j = GV_JSON_INIT;
	struct gv_search found;
	int r = gv_search_glance(&found, path, &g->how);

	if (r <= 0 || !g->json)
		return r;
	gv_json_object(&j, NULL);
	gv_json_int(&j, "schema", GV_JSON_SCHEMA);
	gv_json_array(&j, "results");
	gv_json_end(&j);
	put_sums(&j, &found);
	gv_json_array(&j, "before");
	gv_json_end(&j);
	gv_json_end(&j);
	gv_buf_add(out, j.buf.p, j.buf.len);
	gv_json_release(&j);
	return gv_buf_check(out) < 0 ? GV_ENOMEM : 1;
}

/* Whether processes can be spared: not where each tells how much it read, and
 * each says what is wrong with the words. */
static bool
may_glance(const struct gv_ctx *ctx, const struct gv_search_opts *how)
{
	const struct search_opts *o = ctx->opts;
	struct gv_sought sought;
	char *before = gv_err_save();
	int64_t since;
	bool may = ctx->verbosity <= 0 && how->of == GV_SEARCH_OF_SNAPSHOTS;

	if (may && o->since)
		may = gv_record_since(&since, o->since) == 0;
	if (may &&
	    (may = gv_sought_init(&sought, how->pattern, how->flags) == 0))
		gv_sought_release(&sought);
	gv_err_restore(before);
	return may;
}

/* The same search in each project, or in one, by a process of its own. */
static int
search_all(struct gv_ctx *ctx, const struct gv_search_opts *how, char *pattern)
{
	const struct search_opts *o = ctx->opts;
	struct glancing g = { *how, ctx->json != NULL };
	char *argv[MOST_WORDS] = { NULL };
	const int n = put_words(argv, o, o->saves, pattern);

	return gv_project_all_run(ctx,
	    &(struct gv_project_all_words){ .argc = n,
		.argv = argv,
		.json = ctx->json != NULL,
		.json_first = ctx->json != NULL,
		.quiet = ctx->verbosity<0, .verbose = ctx->verbosity> 0
		    ? ctx->verbosity
		    : 0,
		.is_search = true,
		.only = name_of(o->in),
		.glance = may_glance(ctx, how) ? glance : NULL,
		.ctx = &g });
}

/* ---- where no snapshot has it -------------------------------------------- */

static int
take_first(void *ctx, const struct gv_story *story)
{
	struct search *s = ctx;

	if (!is_shown(s, story))
		return 0;
	s->shown++;
	s->first = s->found.paths[story->path];
	return 1;
}

/* Nothing was found. A save may have it, that was made between two snapshots:
 * look, and offer the search that shows it. Only what no snapshot has is read,
 * up to the first match. What cannot be read is no failure of this search. */
static int
offer_saves(struct search *s, const struct gv_search_opts *how, char *pattern)
{
	const struct search_opts *o = s->ctx->opts;
	struct search saves = { .ctx = s->ctx, .since = s->since };
	struct gv_search_opts of = *how;
	struct gv_buf line = GV_BUF_INIT, path = GV_BUF_INIT;
	char *argv[MOST_WORDS] = { NULL }, *before = gv_err_save();
	int i, n = put_words(argv, o, true, pattern), r;

	of.of = GV_SEARCH_OF_SAVES;
	of.commits = false;
	of.after = &s->found;
	of.each = take_first;
	of.ctx = &saves;
	r = gv_search_run(&saves.found, s->ctx->repo, &of);
	if (saves.shown) {
		gv_cmd_paste(&line, s->ctx);
		for (i = 0; i < n; i++)
			if (i != n - 2 || *pattern == '-')
				gv_shell_word(&line, argv[i]);
		gv_path_quote(&path, saves.first, strlen(saves.first));
		if (gv_buf_check(&line) == 0 && gv_buf_check(&path) == 0)
			gv_out_say(s->ctx->out,
			    "automatic saves have it, in %s\nhint: %s", path.p,
			    line.p);
	}
	gv_search_release(&saves.found);
	gv_buf_release(&line);
	gv_buf_release(&path);
	return gv_err_settle(
	    r == GV_ENOMEM || r == GV_ECANCELED ? r : 0, before);
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct search_opts *o = ctx->opts;
	struct search s = { .ctx = ctx,
		.shown_line = { .text = GV_BUF_INIT },
		.since = INT64_MIN,
		.renamed = GV_BUF_INIT,
		.kins = GV_PROJECT_KINS_INIT };
	const struct gv_search_opts how = { .pattern = argv[0],
		.flags = (o->regex ? GV_SOUGHT_REGEX : 0u) |
		    (o->word ? GV_SOUGHT_WORD : 0u),
		.path = o->path,
		.commits = o->commits,
		.of = o->saves ? GV_SEARCH_OF_BOTH : GV_SEARCH_OF_SNAPSHOTS,
		.symbol = o->symbol,
		.each = show,
		.ctx = &s };
	int r;

	(void)argc;
	if (o->all && o->in)
		return gv_err(GV_EUSAGE, "--in and -A exclude each other");
	if (o->all || o->in)
		return search_all(ctx, &how, argv[0]);
	if (ctx->repo == NULL)
		return gv_err(GV_ENOTFOUND,
		    "this is not a git repository; to search in all projects, add -A");
	if (o->since && (r = gv_record_since(&s.since, o->since)) < 0)
		return r;
	if ((r = gv_project_line_open(&s.line, ctx)) < 0)
		goto out;
	r = gv_search_run(&s.found, ctx->repo, &how);
	if (r == GV_ENOTFOUND && !o->saves) {
		const int offered = offer_saves(&s, &how, argv[0]);

		r = offered < 0 ? offered : r;
	}
	if (r < 0)
		goto out;
	end_results(&s);
	tell(&s);
	if (s.shown == 0 && !o->saves && !s.found.is_nowhere &&
	    (r = offer_saves(&s, &how, argv[0])) < 0)
		goto out;
	r = go_on(&s,
	    s.found.missing || s.found.damaged.len ? 3
		: s.shown                          ? 0
						   : 1);
out:
	gv_project_kin_release(&s.kins);
	gv_project_line_close(&s.line);
	gv_buf_release(&s.shown_line.text);
	gv_buf_release(&s.renamed);
	gv_search_release(&s.found);
	return r;
}

const struct gv_cmd cmd_search = {
	.name = "search",
	.summary = "find a text in all that was ever saved, and what became "
		   "of it",
	.usage = "[--regex] [-w] [--symbol] [--path GLOB] [--since TIME] "
		 "[--removed] [--commits] [--auto] [--in PROJECT | -A] "
		 "PATTERN",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO_IF | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct search_opts),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
