#include "git-vault/front/cmd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/history/reuse_kin.h"
#include "project/registry.h"
#include "repo/repo.h"
#include "reuse/reuse.h"
#include "sys/entry.h"
#include "sys/file.h"

struct reuse_opts {
	bool between;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .name = "between",
	    .at = offsetof(struct reuse_opts, between),
	    .help = "what two projects have in common" },
	GV_OPT_LAST
};

struct command {
	struct gv_ctx *ctx;
	struct gv_reuse found;
	struct gv_registry registry;
	char *path; /* of the text */
	struct gv_buf text;
	struct gv_reuse_text sought;
	struct gv_project_kins kins; /* what was rewritten */
};

/* ---- which projects ------------------------------------------------------ */

static int
add_registered(struct command *c, const struct gv_registered *one)
{
	if (!one->is_gone)
		return gv_reuse_add(&c->found, one->name, one->path);
	gv_buf_addf(&c->found.unread, "%s: there is no folder %s\n", one->name,
	    one->path);
	return 0;
}

/* The repository that this is, where it is not registered. */
static int
add_this(struct command *c)
{
	const struct gv_repo *repo = c->ctx->repo;
	const char *slash;
	size_t i;

	if (repo == NULL || repo->worktree == NULL)
		return 0;
	for (i = 0; i < c->found.n_projects; i++)
		if (strcmp(c->found.projects[i].path, repo->worktree) == 0)
			return 0;
	slash = strrchr(repo->worktree, '/');
	return gv_reuse_add(&c->found,
	    slash && slash[1] ? slash + 1 : repo->worktree, repo->worktree);
}

static int
add_all(struct command *c)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < c->registry.n; i++)
		r = add_registered(c, &c->registry.items[i]);
	if (r == 0)
		r = add_this(c);
	if (r == 0 && c->found.n_projects == 0)
		r = gv_err(GV_ENOTFOUND,
		    "no project is registered yet\nhint: git vault project "
		    "add");
	return r;
}

/* A project by its name, or any folder. */
static int
add_named(struct command *c, const char *name)
{
	const struct gv_registered *one;
	char *path;
	int r;

	if (gv_file_is_dir(AT_FDCWD, name)) {
		path = gv_entry_real_path(name);
		if (path == NULL)
			return gv_err_nomem();
		r = gv_reuse_add(&c->found, name, path);
		free(path);
		return r;
	}
	if ((r = gv_registry_find(&one, &c->registry, name)) < 0)
		return r;
	return add_registered(c, one);
}

/* ---- which text ---------------------------------------------------------- */

/* "FILE:12" or "FILE:12-40"; a file of that whole name comes first. */
static int
take_lines(struct command *c, char *word)
{
	char *colon = strrchr(word, ':'), *end;
	unsigned long first, last;

	if (colon == NULL || gv_file_exists(AT_FDCWD, word))
		return 0;
	first = last = strtoul(colon + 1, &end, 10);
	if (*end == '-')
		last = strtoul(end + 1, &end, 10);
	if (end == colon + 1 || *end || first == 0 || last < first ||
	    last > UINT32_MAX - 1)
		return gv_err(GV_EUSAGE,
		    "'%.200s' is neither a file nor FILE:LINES, such as "
		    "%.*s:10-40",
		    word, (int)(colon - word), word);
	*colon = '\0';
	c->sought.first = (uint32_t)first;
	c->sought.last = (uint32_t)last;
	return 0;
}

static int
take_text(struct command *c, char *word)
{
	int r;

	if ((r = take_lines(c, word)) < 0 ||
	    (r = gv_file_read(
		 &c->text, AT_FDCWD, word, (size_t)GV_REUSE_MOST)) < 0)
		return r;
	c->path = gv_entry_real_path(word);
	if (c->path == NULL)
		return gv_err_nomem();
	c->sought.path = c->path;
	c->sought.text = c->text.p;
	c->sought.len = c->text.len;
	return 0;
}

/* ---- text ---------------------------------------------------------------- */

static void
print_place(struct command *c, uint32_t file)
{
	const struct gv_reuse_file *f = &c->found.files[file];
	struct gv_out *out = c->ctx->out;

	const char *name = c->found.projects[f->project].name;

	gv_out_text(out, name, strlen(name));
	gv_out_printf(out, " ");
	gv_out_path(out, f->path, strlen(f->path));
}

static void
print_copy(struct command *c, const struct gv_reuse_copy *copy)
{
	struct gv_out *out = c->ctx->out;
	char age[GV_TIME_MAX];

	gv_out_printf(out, "    ");
	print_place(c, copy->file);
	if (copy->time) {
		gv_time_relative(age, copy->time, c->ctx->now);
		gv_out_printf(out, ", %s", age);
	}
	if (copy->is_newest && copy->time)
		gv_out_paint(out, GV_OUT_ADDED, ", newest");
	else if (copy->is_newest)
		gv_out_paint(out, GV_OUT_DIM, ", age not known");
	else if (copy->is_same)
		gv_out_printf(out, ", the same");
	if (copy->behind)
		gv_out_paint(out, GV_OUT_REMOVED, ", lacks %u line%s",
		    copy->behind, copy->behind == 1 ? "" : "s");
	if (copy->ahead)
		gv_out_paint(
		    out, GV_OUT_CHANGED, ", has %u of its own", copy->ahead);
	gv_out_printf(out, "\n");
}

static void
print_copies(struct command *c)
{
	const struct gv_reuse *r = &c->found;
	struct gv_out *out = c->ctx->out;
	const char *path, *slash;
	size_t i;

	for (i = 0; i < r->n_copies && !gv_out_stopped(out); i++) {
		if (r->copies[i].is_newest) {
			path = r->files[r->copies[i].file].path;
			slash = strrchr(path, '/');
			path = slash ? slash + 1 : path;
			gv_out_path(out, path, strlen(path));
			gv_out_printf(out, "\n");
		}
		print_copy(c, &r->copies[i]);
	}
}

static void
print_match(struct command *c, const struct gv_reuse_match *m)
{
	struct gv_out *out = c->ctx->out;

	print_place(c, m->to);
	gv_out_printf(
	    out, ":%" PRIu32 "-%" PRIu32 " ", m->to_first, m->to_last);
	gv_out_paint(out,
	    m->kind == GV_REUSE_RENAMED ? GV_OUT_CHANGED : GV_OUT_ADDED, "%s",
	    m->kind == GV_REUSE_SAME          ? "the same file as"
		: m->kind == GV_REUSE_RENAMED ? "copied and renamed from"
					      : "copied from");
	gv_out_printf(out, " ");
	if (m->from == GV_REUSE_TEXT)
		gv_out_printf(out, "lines");
	else
		print_place(c, m->from);
	gv_out_printf(out, "%s%" PRIu32 "-%" PRIu32,
	    m->from == GV_REUSE_TEXT ? " " : ":", m->from_first, m->from_last);
	if (m->kind != GV_REUSE_SAME)
		gv_out_paint(out, GV_OUT_DIM, " (%u %% alike)", m->alike);
	gv_out_printf(out, "\n");
}

/* ---- JSON ---------------------------------------------------------------- */

static void
put_place(struct command *c, const char *key, uint32_t file)
{
	struct gv_json *j = c->ctx->json;
	const struct gv_reuse_file *f;

	if (file == GV_REUSE_TEXT) {
		gv_json_null(j, key);
		return;
	}
	f = &c->found.files[file];
	gv_json_object(j, key);
	gv_json_string(j, "project", c->found.projects[f->project].name);
	gv_json_path(j, "path", f->path, strlen(f->path));
	gv_json_oid(j, "content", &f->oid);
	gv_json_end(j);
}

static void
put_copy(struct command *c, const struct gv_reuse_copy *copy)
{
	struct gv_json *j = c->ctx->json;

	gv_json_object(j, NULL);
	put_place(c, "file", copy->file);
	if (copy->time)
		gv_json_time(j, "changed", copy->time);
	else
		gv_json_null(j, "changed");
	gv_json_bool(j, "newest", copy->is_newest && copy->time);
	gv_json_bool(j, "same", copy->is_same);
	gv_json_uint(j, "behind", copy->behind);
	gv_json_uint(j, "ahead", copy->ahead);
	gv_json_end(j);
}

static void
put_match(struct command *c, const struct gv_reuse_match *m)
{
	struct gv_json *j = c->ctx->json;

	gv_json_object(j, NULL);
	gv_json_string(j, "kind", gv_reuse_words[m->kind]);
	put_place(c, "from", m->from);
	gv_json_uint(j, "from_first", m->from_first);
	gv_json_uint(j, "from_last", m->from_last);
	put_place(c, "to", m->to);
	gv_json_uint(j, "to_first", m->to_first);
	gv_json_uint(j, "to_last", m->to_last);
	gv_json_uint(j, "tokens", m->tokens);
	gv_json_uint(j, "alike", m->alike);
	gv_json_end(j);
}

static void
put_all(struct command *c)
{
	const struct gv_reuse *r = &c->found;
	struct gv_json *j = c->ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_array(j, "copies");
	for (i = 0; i < r->n_copies; i++) {
		if (r->copies[i].is_newest)
			gv_json_array(j, NULL);
		put_copy(c, &r->copies[i]);
		if (i + 1 == r->n_copies || r->copies[i + 1].is_newest)
			gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_array(j, "matches");
	for (i = 0; i < r->n_matches; i++)
		put_match(c, &r->matches[i]);
	gv_json_end(j);
	gv_reuse_kin_print(c->ctx, &c->kins);
	gv_json_uint(j, "projects", r->n_projects);
	gv_json_uint(j, "files", r->n_files);
	gv_json_lines(j, "unread", r->unread.p);
	gv_json_end(j);
}

/* ---- all of it ----------------------------------------------------------- */

static int
find(struct command *c, int argc, char **argv)
{
	const struct reuse_opts *o = c->ctx->opts;
	int r;

	if (o->between) {
		if (argc != 2)
			return gv_err(
			    GV_EUSAGE, "--between takes two projects");
		if ((r = add_named(c, argv[0])) < 0 ||
		    (r = add_named(c, argv[1])) < 0 ||
		    c->found.n_projects < 2 ||
		    (r = gv_reuse_list(&c->found)) < 0)
			return r;
		if ((r = gv_reuse_between(&c->found)) < 0)
			return r;
		return gv_reuse_kin_between(&c->kins, argv[0], argv[1]);
	}
	if (argc > 1)
		return gv_err(
		    GV_EUSAGE, "one file can be looked for at a time");
	if (argc && (r = take_text(c, argv[0])) < 0)
		return r;
	if ((r = add_all(c)) < 0 || (r = gv_reuse_list(&c->found)) < 0)
		return r;
	if (argc == 0)
		return gv_reuse_copies(&c->found);
	if ((r = gv_reuse_find(&c->found, &c->sought)) < 0)
		return r;
	return gv_reuse_kin_of_file(&c->kins, c->ctx, c->path);
}

static void
tell(struct command *c)
{
	const struct gv_reuse *r = &c->found;
	char files[GV_OUT_SIZE_MAX];
	const char *p = r->unread.p, *end;
	size_t i;

	for (i = 0; i < r->n_matches && !gv_out_stopped(c->ctx->out); i++)
		print_match(c, &r->matches[i]);
	print_copies(c);
	gv_reuse_kin_print(c->ctx, &c->kins);
	for (; *p; p = end + 1) {
		end = strchr(p, '\n');
		gv_out_warn(c->ctx->out, "%.*s", (int)(end - p), p);
	}
	gv_out_count(files, r->n_files, "file");
	gv_out_detail(c->ctx->out, "compared %s of source code in %zu projects",
	    files, r->n_projects);
	if (r->n_copies == 0 && r->n_matches == 0 && c->kins.n == 0)
		gv_out_say(c->ctx->out, "nothing found");
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct command c = {
		.ctx = ctx, .text = GV_BUF_INIT, .kins = GV_PROJECT_KINS_INIT
	};
	int r;

	gv_reuse_init(&c.found);
	if ((r = gv_registry_load(&c.registry)) < 0 ||
	    (r = find(&c, argc, argv)) < 0)
		goto out;
	if (ctx->json)
		put_all(&c);
	else
		tell(&c);
	r = c.found.unread.len                                  ? 3
	    : c.found.n_copies || c.found.n_matches || c.kins.n ? 0
								: 1;
out:
	gv_project_kin_release(&c.kins);
	gv_registry_release(&c.registry);
	gv_reuse_release(&c.found);
	gv_buf_release(&c.text);
	free(c.path);
	return r;
}

const struct gv_cmd cmd_reuse = {
	.name = "reuse",
	.summary = "find copies of files and of code in your projects",
	.usage = "[FILE[:LINES]]\n--between A B",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO_IF | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct reuse_opts),
	.max_args = 2,
	.run = run,
};
