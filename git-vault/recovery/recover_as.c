#include "git-vault/recovery/recover_as.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "base/vec.h"
#include "env/envmap.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "plan/plan_fill.h"
#include "record/record.h"
#include "repo/repo.h"
#include "safe/safe_placeholder.h"
#include "sys/proc.h"
#include "sys/self.h"
#include "view/content.h"

#define LINES_MOST ((size_t)1 << 20) /* bytes of a file that is looked at */
#define NAMED      20                /* lines that are listed */

static const char *
text_of(const struct gv_unjson_node *node, const char *key)
{
	const char *text = gv_unjson_get_text(node, key);

	return text ? text : "";
}

static const struct gv_unjson_node *
first(const struct gv_recover_as *as, const char *key)
{
	const struct gv_unjson_node *list =
	    gv_unjson_get(gv_answer_root(&as->answer), key);

	return list ? list->first : NULL;
}

/* ---- the dry run --------------------------------------------------------- */

static int
run_restore(struct gv_recover_as *as)
{
	const struct gv_plan_facts *f = as->ask.facts;
	const struct gv_repo *repo = as->ask.ctx->repo;
	const char *const fixed[] = { NULL, "--json", "restore", f->snapshot,
		"--dry-run", "--overwrite", "always", "--env", f->environment,
		"--as", f->as, f->into ? "--to" : "--in-place" };
	const size_t n_fixed = sizeof(fixed) / sizeof(*fixed);
	struct gv_proc_opts how = { .cwd = repo->worktree };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf self = GV_BUF_INIT;
	const char **argv;
	size_t n = 0, i;
	int r;

	while (f->paths && f->paths[n])
		n++;
	argv = calloc(n_fixed + n + 5, sizeof(*argv));
	if (argv == NULL)
		return gv_err_nomem();
	if ((r = gv_self_path(&self)) < 0)
		goto out;
	memcpy(argv, fixed, sizeof(fixed));
	argv[0] = self.p;
	i = n_fixed;
	if (f->into) {
		argv[i++] = f->into;
		if (n == 0)
			argv[i++] = "--force";
	} else if (f->crosses)
		argv[i++] = "--cross-scope";
	argv[i++] = "--";
	if (n)
		memcpy(argv + i, f->paths, n * sizeof(*argv));
	how.argv = argv;
	if ((r = gv_proc_run(&p, &how)) == 0)
		gv_answer_take(&as->answer, p.status, &p.out, &p.err);
out:
	gv_proc_release(&p);
	gv_buf_release(&self);
	free(argv);
	return r;
}

/* A restore that cannot even be tried. */
static int
fail(const struct gv_recover_as *as)
{
	const struct gv_unjson_node *torn = first(as, "torn");
	const struct gv_unjson_node *left = first(as, "skipped");
	const struct gv_plan_facts *f = as->ask.facts;

	if (torn)
		return gv_err(GV_EREFUSED,
		    "nothing was recovered: %s uses %s, which is not there; "
		    "restore that first",
		    text_of(torn, "path"), text_of(torn, "target"));
	if (*as->answer.message)
		return gv_err(GV_EREFUSED, "%s", as->answer.message);
	if (left)
		return gv_err(GV_EREFUSED,
		    "nothing was recovered: %s would be left out: %s",
		    text_of(left, "path"), text_of(left, "reason"));
	return gv_err(GV_ERROR,
	    "nothing was recovered: the restore of %s as %s ended with status "
	    "%d when it was tried",
	    f->environment, f->as, as->answer.status);
}

static void
count(struct gv_recover_as *as)
{
	const struct gv_unjson_node *one;

	for (one = first(as, "changes"); one; one = one->next) {
		if (strcmp(text_of(one, "action"), "create") == 0)
			as->created++;
		if (strcmp(text_of(one, "action"), "change") != 0)
			continue;
		if (as->replaced++ == 0)
			as->first_replaced = text_of(one, "path");
	}
	for (one = first(as, "sealed"); one; one = one->next) {
		const struct gv_unjson_node *is =
		    gv_unjson_get(one, "cross_scope");

		if (is == NULL || is->kind != GV_UNJSON_TRUE)
			continue;
		if (as->crossed++)
			continue;
		as->first_crossed = text_of(one, "path");
		as->reader = gv_unjson_get_text(one, "new_reader");
	}
}

/* ---- lines that name the environment ------------------------------------- */

static int
keep(void *ctx, const void *data, size_t len)
{
	struct gv_buf *text = ctx;

	if (text->len > LINES_MOST)
		return GV_EREFUSED; /* it is large enough to be passed over */
	gv_buf_add(text, data, len);
	return gv_buf_check(text);
}

static int
look_at_lines(
    struct gv_recover_as *as, const char *path, const struct gv_buf *text)
{
	const char *p = text->p, *line;
	struct gv_safe_placeholder whole;
	size_t n, at = 0;

	if (text->len == 0 || memchr(text->p, '\0', text->len))
		return 0;
	if (text->len > LINES_MOST ||
	    (gv_safe_placeholder_next(&whole, text->p, text->len, 0) &&
		whole.at == 0 && whole.len == text->len)) {
		if (as->n_unread++ == 0)
			as->first_unread = path;
		return 0;
	}
	while (gv_lines_next(&line, &n, &p, text->p + text->len)) {
		at++;
		if (!gv_sister_is_named(&as->move, line, n))
			continue;
		if (GV_GROW(as->lines, as->n_lines, as->cap_lines) < 0)
			return GV_ENOMEM;
		as->lines[as->n_lines++] =
		    (struct gv_recover_as_line){ path, at };
	}
	return 0;
}

/* As it is stored: secrets are placeholders there. */
static int
look_at_file(struct gv_recover_as *as, const struct gv_unjson_node *change)
{
	const char *from = gv_unjson_get_text(change, "from");
	struct gv_repo *repo = as->ask.ctx->repo;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_content c;
	int r;

	if (from == NULL)
		return 0;
	r = gv_content_find(&c, repo, as->ask.rec, from);
	if (r == 0)
		r = gv_content_stream(repo, &c, keep, &text);
	if (r == GV_EREFUSED && text.len > LINES_MOST)
		r = 0;
	if (r == 0)
		r = look_at_lines(as, text_of(change, "path"), &text);
	gv_buf_release(&text);
	return r;
}

/* Whether git-vault will know a file as one of the environment. */
static int
look_at_scopes(struct gv_recover_as *as)
{
	const struct gv_unjson_node *one;
	struct gv_envmap *map;
	const char *path, *scope;
	int r = gv_envmap_load(&map, as->ask.ctx->repo);

	for (one = first(as, "changes"); r == 0 && one; one = one->next) {
		path = gv_unjson_get_text(one, "path");
		if (path == NULL || gv_unjson_get_text(one, "from") == NULL)
			continue;
		scope = gv_envmap_scope(map, path);
		if (strcmp(scope, as->ask.facts->as) == 0)
			continue;
		as->unknown = path;
		gv_buf_addstr(&as->scope, scope);
		break;
	}
	gv_envmap_free(map);
	return r < 0 ? r : gv_buf_check(&as->scope);
}

int
gv_recover_as_look(
    struct gv_recover_as *as, const struct gv_recover_as_ask *ask)
{
	const struct gv_unjson_node *one;
	int r;

	*as = (struct gv_recover_as){ .ask = *ask,
		.is_open = true,
		.answer = GV_ANSWER_INIT,
		.scope = GV_BUF_INIT };
	gv_sister_begin(&as->move, ask->facts->environment, ask->facts->as);
	if ((r = run_restore(as)) < 0)
		return r;
	if (as->answer.status != 0 && as->answer.status != 5)
		return fail(as);
	count(as);
	for (one = first(as, "changes"); r == 0 && one; one = one->next)
		r = look_at_file(as, one);
	return r < 0 ? r : look_at_scopes(as);
}

void
gv_recover_as_release(struct gv_recover_as *as)
{
	if (!as->is_open)
		return;
	gv_answer_release(&as->answer);
	gv_sister_release(&as->move);
	gv_buf_release(&as->scope);
	free(as->lines);
	*as = (struct gv_recover_as){ .is_open = false };
}

/* ---- telling ------------------------------------------------------------- */

static void
put_files(const struct gv_recover_as *as)
{
	struct gv_out *out = as->ask.ctx->out;
	const struct gv_unjson_node *one;
	const char *from;

	for (one = first(as, "changes"); one; one = one->next) {
		if ((from = gv_unjson_get_text(one, "from")) == NULL)
			continue;
		gv_out_path(out, from, strlen(from));
		gv_out_printf(out, " -> ");
		gv_out_path(
		    out, text_of(one, "path"), strlen(text_of(one, "path")));
		gv_out_printf(out, "%s\n",
		    strcmp(text_of(one, "action"), "change") == 0
			? " (is there)"
			: "");
	}
	for (one = first(as, "skipped"); one; one = one->next) {
		gv_out_path(
		    out, text_of(one, "path"), strlen(text_of(one, "path")));
		gv_out_printf(
		    out, " is left out: %s\n", text_of(one, "reason"));
	}
}

static void
say_lines(const struct gv_recover_as *as, bool all)
{
	const struct gv_plan_facts *f = as->ask.facts;
	struct gv_out *out = as->ask.ctx->out;
	size_t i;

	if (as->n_lines == 0)
		return;
	gv_out_warn(out,
	    "%zu line%s still name%s %s, such as %s:%zu, and stay%s as %s; a "
	    "backend or address of %s there is used by %s then",
	    as->n_lines, as->n_lines == 1 ? "" : "s",
	    as->n_lines == 1 ? "s" : "", f->environment, as->lines[0].path,
	    as->lines[0].line, as->n_lines == 1 ? "s" : "",
	    as->n_lines == 1 ? "it is" : "they are", f->environment, f->as);
	for (i = 0; all && i < as->n_lines && i < NAMED; i++)
		gv_out_say(out, "%s:%zu names %s", as->lines[i].path,
		    as->lines[i].line, f->environment);
	if (all && as->n_lines > NAMED)
		gv_out_say(
		    out, "%zu more; --json lists all", as->n_lines - NAMED);
}

void
gv_recover_as_out(const struct gv_recover_as *as, bool all)
{
	const struct gv_plan_facts *f = as->ask.facts;
	const size_t n = as->created + as->replaced;
	struct gv_out *out = as->ask.ctx->out;

	if (all && !as->ask.ctx->json)
		put_files(as);
	gv_out_say(out, "%zu file%s of %s become%s file%s of %s", n,
	    n == 1 ? "" : "s", f->environment, n == 1 ? "s" : "",
	    n == 1 ? "" : "s", f->as);
	if (as->replaced)
		gv_out_warn(out, "%zu of them %s there with other content",
		    as->replaced, as->replaced == 1 ? "is" : "are");
	if (as->crossed)
		gv_out_warn(out,
		    "%s would show secrets of %s to %s, who can read those of "
		    "%s",
		    as->first_crossed, f->environment,
		    as->reader ? as->reader : "everybody", f->as);
	if (as->unknown)
		gv_out_warn(out,
		    "nothing says that %s is a file of %s, so its secrets are "
		    "encrypted for the scope %s; name its folder in "
		    ".gitvault.yaml, under environments, %s, paths",
		    as->unknown, f->as, as->scope.p, f->as);
	say_lines(as, all);
	if (as->n_unread)
		gv_out_warn(out,
		    "%s%s encrypted as a whole, or larger than 1 MiB, and not "
		    "searched for lines that name %s; look at %s afterwards",
		    as->first_unread,
		    as->n_unread > 1 ? " and others are" : " is",
		    f->environment, as->n_unread > 1 ? "them" : "it");
}

void
gv_recover_as_json(const struct gv_recover_as *as)
{
	struct gv_json *j = as->ask.ctx->json;
	const struct gv_unjson_node *one;
	const char *path;
	size_t i;

	gv_json_string(j, "as", as->ask.facts->as);
	gv_json_array(j, "files");
	for (one = first(as, "changes"); one; one = one->next) {
		if ((path = gv_unjson_get_text(one, "from")) == NULL)
			continue;
		gv_json_object(j, NULL);
		gv_json_path(j, "from", path, strlen(path));
		path = text_of(one, "path");
		gv_json_path(j, "path", path, strlen(path));
		gv_json_string(j, "action", text_of(one, "action"));
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_array(j, "named");
	for (i = 0; i < as->n_lines; i++) {
		path = as->lines[i].path;
		gv_json_object(j, NULL);
		gv_json_path(j, "path", path, strlen(path));
		gv_json_uint(j, "line", as->lines[i].line);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_uint(j, "not_searched", as->n_unread);
	gv_json_uint(j, "secrets_for_others", as->crossed);
}

/* This command again, with what it lacks. */
static int
refuse(const struct gv_recover_as *as, const char *option, const char *why)
{
	const char *const args[] = { option, as->ask.facts->environment, NULL };
	struct gv_buf again = GV_BUF_INIT;
	int r = gv_cmd_again(&again, as->ask.ctx, args);

	if (r == 0)
		r = gv_err(GV_EREFUSED,
		    "nothing was recovered: %s; to go on nevertheless: %s", why,
		    again.p);
	gv_buf_release(&again);
	return r;
}

int
gv_recover_as_check(const struct gv_recover_as *as)
{
	const struct gv_plan_facts *f = as->ask.facts;
	struct gv_buf why = GV_BUF_INIT;
	const char *option = NULL;
	int r;

	if (as->replaced && !f->replaces) {
		option = "--replace";
		gv_buf_addf(&why, "%s has %s%s already, with other content",
		    f->as, as->first_replaced,
		    as->replaced > 1 ? " and others" : "");
	} else if (as->crossed && !f->crosses) {
		option = "--cross-scope";
		gv_buf_addf(&why,
		    "%s would show secrets of %s to %s, who can read those of "
		    "%s",
		    as->first_crossed, f->environment,
		    as->reader ? as->reader : "everybody", f->as);
	}
	r = gv_buf_check(&why);
	if (r == 0 && option)
		r = refuse(as, option, why.p);
	gv_buf_release(&why);
	return r;
}
