#include "git-vault/look/project_link.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/project_kin.h"
#include "project/crew.h"
#include "project/lineage.h"
#include "project/registry.h"
#include "sys/entry.h"
#include "sys/self.h"

struct link {
	struct gv_ctx *ctx;
	struct gv_registry registry;
	struct gv_lineage lineage;
	struct gv_lineage_link at; /* the two ends */
	struct gv_buf self, old_name, new_name, old_tag, new_tag;
	bool is_incomplete; /* a tag could not be given */
};

static void
close_link(struct link *l)
{
	gv_lineage_release(&l->lineage);
	gv_registry_release(&l->registry);
	gv_buf_release(&l->self);
	gv_buf_release(&l->old_name);
	gv_buf_release(&l->new_name);
	gv_buf_release(&l->old_tag);
	gv_buf_release(&l->new_tag);
}

/* A path may be given as the user sees it. */
static int
find(struct gv_lineage_end *out, struct link *l, const char *text)
{
	char *real = strcmp(text, ".") == 0 || *text == '/' ||
		strncmp(text, "./", 2) == 0 || strncmp(text, "../", 3) == 0
	    ? gv_entry_real_path(text)
	    : NULL;
	int r =
	    gv_lineage_find(out, &l->lineage, &l->registry, real ? real : text);

	free(real);
	return r;
}

/* One word: a tag has no blanks, and "/" or "@" would be read as something. */
static void
add_tag(struct gv_buf *out, const char *begin, const char *name)
{
	gv_buf_addstr(out, begin);
	for (; *name; name++)
		gv_buf_addch(out,
		    (*name >= 'a' && *name <= 'z') ||
			    (*name >= 'A' && *name <= 'Z') ||
			    (*name >= '0' && *name <= '9') ||
			    (*name == '.' && out->p[out->len - 1] != '.') ||
			    *name == '_'
			? *name
			: '-');
}

static int
open_link(struct link *l, struct gv_ctx *ctx, const char *new, const char *old)
{
	int r;

	memset(l, 0, sizeof(*l));
	l->ctx = ctx;
	l->self = l->old_name = l->new_name = l->old_tag = l->new_tag =
	    (struct gv_buf)GV_BUF_INIT;
	if ((r = gv_registry_load(&l->registry)) < 0 ||
	    (r = gv_lineage_load(&l->lineage, &l->registry)) < 0 ||
	    (r = gv_self_path(&l->self)) < 0 ||
	    (r = find(&l->at.new, l, new)) < 0 ||
	    (old && (r = find(&l->at.old, l, old)) < 0))
		return r;
	if (l->at.new.branch)
		return gv_err(GV_EUSAGE,
		    "the newer one is the project as it is now; only the one "
		    "that it was rewritten from may be a branch");
	return 0;
}

static int
name_ends(struct link *l)
{
	gv_buf_reset(&l->old_name);
	gv_buf_reset(&l->new_name);
	gv_buf_reset(&l->old_tag);
	gv_buf_reset(&l->new_tag);
	gv_lineage_add_name(&l->old_name, &l->at.old);
	gv_lineage_add_name(&l->new_name, &l->at.new);
	if (gv_buf_check(&l->old_name) < 0 || gv_buf_check(&l->new_name) < 0)
		return GV_ENOMEM;
	add_tag(&l->old_tag, "rewritten-as-", l->new_name.p);
	add_tag(&l->new_tag, "rewritten-from-", l->old_name.p);
	return gv_buf_check(&l->old_tag) < 0 ? GV_ENOMEM
					     : gv_buf_check(&l->new_tag);
}

/* ---- the cut ------------------------------------------------------------- */

/* Run the program itself in a project. */
#define CALL_BEGIN 3

struct call {
	const char *argv[12]; /* from CALL_BEGIN on; before it, call() */
	const char *dir;
	int status;
	struct gv_buf out;
};

static const char *const *
argv_of(void *ctx, size_t i)
{
	const struct call *c = ctx;

	(void)i;
	return c->argv;
}

static const char *
dir_of(void *ctx, size_t i)
{
	const struct call *c = ctx;

	(void)i;
	return c->dir;
}

static int
take(void *ctx, size_t i, struct gv_crew_result *result)
{
	struct call *c = ctx;

	(void)i;
	c->status = result->status;
	gv_buf_add(&c->out, result->out.p, result->out.len);
	return gv_buf_check(&c->out);
}

static int
call(struct call *c, struct link *l, const struct gv_lineage_end *end)
{
	c->argv[0] = l->self.p;
	c->argv[1] = "-C";
	c->argv[2] = c->dir = end->project->path;
	c->out = (struct gv_buf)GV_BUF_INIT;
	return gv_crew_run(&(struct gv_crew_opts){
	    .n = 1, .argv = argv_of, .dir = dir_of, .done = take, .ctx = c });
}

static int
give_tag(struct link *l, const struct gv_lineage_end *end, const char *snap,
    const char *tag)
{
	struct call c = { .argv = { [CALL_BEGIN] = "--alone",
			      "-q",
			      "tag",
			      "--",
			      snap,
			      tag,
			      NULL } };
	int r = call(&c, l, end);

	gv_buf_release(&c.out);
	if (r == 0 && c.status != 0) {
		struct gv_buf line = GV_BUF_INIT;

		l->is_incomplete = true;
		gv_buf_addstr(&line, "git vault -C");
		gv_shell_word(&line, c.dir);
		gv_buf_addf(&line, " tag %s %s", snap, tag);
		if ((r = gv_buf_check(&line)) == 0)
			gv_out_warn(l->ctx->out,
			    "the snapshot %s of %s got no tag; to see why: %s",
			    snap, end->project->name, line.p);
		gv_buf_release(&line);
	}
	return r;
}

/* The newest snapshot there, or the oldest; empty: there is none. */
static int
find_snapshot(struct gv_buf *out, struct link *l,
    const struct gv_lineage_end *end, bool is_oldest)
{
	struct call c = { .argv = { [CALL_BEGIN] = "--alone",
			      "list",
			      "--id-only",
			      end->branch ? "--branch" : NULL,
			      end->branch,
			      NULL } };
	int r = call(&c, l, end);
	char *p;

	if (r == 0 && c.status == 0 && c.out.len > 1) {
		gv_buf_truncate(&c.out, c.out.len - 1);
		p = is_oldest ? strrchr(c.out.p, '\n') : NULL;
		p = p ? p + 1 : c.out.p;
		gv_buf_add(out, p, strcspn(p, "\n"));
		r = gv_buf_check(out);
	}
	gv_buf_release(&c.out);
	return r;
}

static int
mark_cut(struct link *l)
{
	struct gv_buf last = GV_BUF_INIT, first = GV_BUF_INIT;
	int r = find_snapshot(&last, l, &l->at.old, false);

	if (r == 0 && last.len)
		r = give_tag(l, &l->at.old, last.p, l->old_tag.p);
	if (r == 0 && last.len == 0)
		gv_out_say(l->ctx->out,
		    "%s has no snapshot that could be tagged as its last one",
		    l->old_name.p);
	/* of one repository the snapshots of both are the same */
	if (r == 0 && l->at.new.project != l->at.old.project)
		r = find_snapshot(&first, l, &l->at.new, true);
	if (r == 0 && first.len)
		r = give_tag(l, &l->at.new, first.p, l->new_tag.p);
	gv_buf_release(&last);
	gv_buf_release(&first);
	return r;
}

/* Without the tag there is nothing to take away. */
static int
take_tag(struct link *l, const struct gv_lineage_end *end, const char *tag)
{
	struct gv_buf snap = GV_BUF_INIT;
	struct call c = { .argv = { [CALL_BEGIN] = "--alone",
			      "-q",
			      "tag",
			      "-d",
			      "--",
			      "",
			      tag,
			      NULL } };
	int r;

	gv_buf_addf(&snap, "tag:%s", tag);
	if ((r = gv_buf_check(&snap)) == 0) {
		c.argv[CALL_BEGIN + 5] = snap.p;
		r = call(&c, l, end);
		gv_buf_release(&c.out);
	}
	gv_buf_release(&snap);
	return r;
}

static int
unmark_cut(struct link *l)
{
	int r = 0;

	if (l->at.old.project && !l->at.old.project->is_gone)
		r = take_tag(l, &l->at.old, l->old_tag.p);
	if (r == 0 && l->at.new.project != l->at.old.project)
		r = take_tag(l, &l->at.new, l->new_tag.p);
	return r;
}

/* ---- what is printed ----------------------------------------------------- */

static void
put_joined(struct gv_json *j, const struct gv_project_kins *kins)
{
	size_t i;

	gv_json_array(j, "files");
	for (i = 0; i < kins->n; i++) {
		const struct gv_project_kin *k = &kins->items[i];

		gv_json_object(j, NULL);
		gv_json_path(j, "path", k->here, strlen(k->here));
		gv_json_path(j, "from", k->there, strlen(k->there));
		gv_json_uint(j, "alike", k->alike);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_lines(j, "unread", kins->unread.p);
}

static void
print_joined(struct gv_ctx *ctx, const struct gv_project_kins *kins)
{
	static const struct gv_out_column columns[] = { { .head = "FILE" },
		{ .head = "REWRITTEN FROM" },
		{ .head = "ALIKE", .right = true } };
	const char *p, *nl;
	size_t i;

	gv_out_columns(ctx->out, columns, 3);
	for (i = 0; i < kins->n; i++) {
		const struct gv_project_kin *k = &kins->items[i];

		gv_out_cell_path(
		    ctx->out, GV_OUT_PLAIN, k->here, strlen(k->here));
		gv_out_cell_path(
		    ctx->out, GV_OUT_PLAIN, k->there, strlen(k->there));
		gv_out_cell(ctx->out, GV_OUT_DIM, "%u %%", k->alike);
	}
	gv_out_columns_end(ctx->out);
	for (p = kins->unread.p; *p; p = nl + 1) {
		nl = strchr(p, '\n');
		gv_out_warn(ctx->out, "%.*s", (int)(nl - p), p);
	}
}

static void
print_sentence(struct link *l, const char *between, const char *end)
{
	gv_out_text(l->ctx->out, l->new_name.p, l->new_name.len);
	gv_out_printf(l->ctx->out, "%s", between);
	gv_out_text(l->ctx->out, l->old_name.p, l->old_name.len);
	gv_out_printf(l->ctx->out, "%s", end);
}

static int
print(struct link *l)
{
	struct gv_project_kins kins = GV_PROJECT_KINS_INIT;
	struct gv_json *j = l->ctx->json;
	int r = gv_project_kin_of_link(&kins, &l->at);

	if (r < 0)
		goto out;
	if (j) {
		gv_json_object(j, NULL);
		gv_json_string(j, "linked", l->new_name.p);
		gv_json_string(j, "from", l->old_name.p);
		put_joined(j, &kins);
		gv_json_end(j);
		goto out;
	}
	print_sentence(l, " was rewritten from ", kins.n ? ":\n" : "\n");
	print_joined(l->ctx, &kins);
	if (kins.n == 0)
		gv_out_say(l->ctx->out,
		    "no file is joined yet, since none has enough names and "
		    "strings in common");
out:
	gv_project_kin_release(&kins);
	return r;
}

/* ---- the verbs ----------------------------------------------------------- */

int
gv_project_link(struct gv_ctx *ctx, const char *new, const char *old)
{
	struct link l;
	int r;

	if ((r = open_link(&l, ctx, new, old)) == 0 &&
	    (r = gv_lineage_join(&l.lineage, &l.at.new, &l.at.old)) == 0 &&
	    (r = name_ends(&l)) == 0 && (r = mark_cut(&l)) == 0)
		r = print(&l);
	if (r == 0 && l.is_incomplete)
		r = 3;
	close_link(&l);
	return r;
}

static bool
is_meant(const struct link *l, const struct gv_lineage_link *link, bool is_any)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	bool is;

	gv_lineage_add_name(&a, &link->new);
	gv_buf_addch(&a, '\n');
	gv_lineage_add_name(&b, &l->at.new);
	gv_buf_addch(&b, '\n');
	if (!is_any) {
		gv_lineage_add_name(&a, &link->old);
		gv_lineage_add_name(&b, &l->at.old);
	}
	is = gv_buf_check(&a) == 0 && gv_buf_check(&b) == 0 &&
	    link->new.project == l->at.new.project &&strcmp(a.p, b.p) == 0;
	gv_buf_release(&a);
	gv_buf_release(&b);
	return is;
}

/* Whether a link leads to a project that is not listed, with an id that begins
 * so. */
static bool
is_unlisted(
    const struct link *l, const struct gv_lineage_link *link, const char *id)
{
	const size_t n = strlen(id);

	return link->old.project == NULL && n >= GV_LINEAGE_ID &&
	    link->new.project ==
	    l->at.new.project &&strncmp(link->old.id, id, n) == 0;
}

/* The older end, or the beginning of an id, where only that is known. */
static int
find_old(const char **id, struct link *l, const char *old)
{
	char *before = gv_err_save();
	int r = find(&l->at.old, l, old);
	size_t i;

	for (i = 0; r == GV_ENOTFOUND && i < l->lineage.n; i++)
		if (is_unlisted(l, &l->lineage.links[i], old))
			*id = old;
	if (*id == NULL)
		return gv_err_settle(r, before);
	gv_err_restore(before);
	return 0;
}

static void
tell_unlinked(struct link *l)
{
	struct gv_json *j = l->ctx->json;

	if (j) {
		gv_json_object(j, NULL);
		gv_json_string(j, "unlinked", l->new_name.p);
		gv_json_string(j, "from", l->old_name.p);
		gv_json_end(j);
		return;
	}
	print_sentence(l, " is not linked any more to ", "\n");
}

static int
take_away(struct link *l, const struct gv_lineage_link *link)
{
	int r;

	l->at = *link;
	if ((r = gv_lineage_part(link)) < 0 || (r = name_ends(l)) < 0 ||
	    (r = unmark_cut(l)) < 0)
		return r;
	tell_unlinked(l);
	return 0;
}

int
gv_project_unlink(struct gv_ctx *ctx, const char *new, const char *old)
{
	const struct gv_lineage_link *found = NULL;
	struct link l;
	const char *id = NULL;
	size_t i, n = 0;
	int r;

	if ((r = open_link(&l, ctx, new, NULL)) < 0 ||
	    (old && (r = find_old(&id, &l, old)) < 0))
		goto out;
	for (i = 0; i < l.lineage.n; i++)
		if (id ? is_unlisted(&l, &l.lineage.links[i], id)
		       : is_meant(&l, &l.lineage.links[i], old == NULL)) {
			found = &l.lineage.links[i];
			n++;
		}
	if (n == 0)
		r = gv_err(GV_ENOTFOUND,
		    "'%.100s' is not linked to %s\nhint: git vault project "
		    "show",
		    new, old ? old : "any project");
	else if (n > 1)
		r = gv_err(GV_EUSAGE,
		    "'%.100s' was rewritten from %zu projects; say which one "
		    "by --from",
		    new, n);
	else
		r = take_away(&l, found);
out:
	close_link(&l);
	return r;
}
