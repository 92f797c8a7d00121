#include "git-vault/front/project_all.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/crew_out.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "project/crew.h"
#include "project/registry.h"
#include "sys/exec.h"
#include "sys/file.h"
#include "sys/self.h"

struct all {
	struct gv_ctx *ctx;
	const struct gv_project_all_words *words;
	struct gv_registry reg;
	struct gv_registered *items; /* of the registry, or of a line */
	size_t n_items;
	struct gv_buf self;
	const char **argvs; /* one behind the other, NULL behind each */
	size_t cap, n_argvs;
	size_t *begins;  /* where that of each begins */
	size_t *numbers; /* of those that are there */
	/* of each: nothing is in it, so no process is needed; what one would
	 * have printed */
	struct glanced {
		bool is_empty;
		struct gv_buf out;
	} * glanced;
	size_t n;
	int worst;
	bool was_block; /* the last one had several lines */
	bool has_any;
	bool has_yes; /* one of them ended with 0 */
};

/* ---- the words ----------------------------------------------------------- */

static int
add_word(struct all *a, const char *word)
{
	if (GV_GROW(a->argvs, a->n_argvs, a->cap) < 0)
		return gv_err_nomem();
	a->argvs[a->n_argvs++] = word;
	return 0;
}

static int
add_words(struct all *a, const char *path)
{
	const struct gv_project_all_words *w = a->words;
	const char *front[] = { a->self.p, "-C", path, "--alone",
		w->json_first ? "--json" : NULL, w->quiet ? "-q" : NULL,
		w->verbose > 0 ? "-v" : NULL, w->verbose > 1 ? "-v" : NULL,
		w->is_long ? "--long" : NULL };
	size_t i;
	int k, r = 0;

	for (i = 0; r == 0 && i < sizeof(front) / sizeof(front[0]); i++)
		if (front[i])
			r = add_word(a, front[i]);
	for (k = 0; r == 0 && k < w->argc; k++)
		r = add_word(a, w->argv[k]);
	return r < 0 ? r : add_word(a, NULL);
}

static const char *const *
argv_of(void *ctx, size_t i)
{
	const struct all *a = ctx;

	return a->argvs + a->begins[i];
}

static const char *
dir_of(void *ctx, size_t i)
{
	const struct all *a = ctx;

	return a->items[a->numbers[i]].path;
}

/* ---- text ---------------------------------------------------------------- */

static bool
is_one_line(const struct gv_buf *text)
{
	const char *end = memchr(text->p, '\n', text->len);

	return end && end + 1 == text->p + text->len;
}

/* What it printed is as a program prints it for a file: safe, and without
 * colours. */
static void
print_text(struct all *a, const char *name, const struct gv_buf *text)
{
	struct gv_out *out = a->ctx->out;
	const bool is_line = a->words->n_line > 0;
	const bool is_block = is_line || !is_one_line(text);

	if (is_line || (a->has_any && (is_block || a->was_block)))
		gv_out_printf(out, "\n");
	gv_out_paint(out, GV_OUT_HEAD, "%s", "");
	if (is_line)
		gv_out_printf(out, "Before it was rewritten, in ");
	gv_out_text(out, name, strlen(name));
	gv_out_printf(out, is_block ? ":\n" : ": ");
	gv_out_write(out, text->p, text->len);
	if (text->len && text->p[text->len - 1] != '\n')
		gv_out_printf(out, "\n");
	a->was_block = is_block;
	a->has_any = true;
}

/* Each line of its messages behind the project's name. */
static void
print_messages(struct all *a, const char *name, const struct gv_buf *text)
{
	struct gv_buf line = GV_BUF_INIT;
	const char *p = text->p, *end = text->p + text->len, *nl;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		gv_out_add_fitted(a->ctx->out, &line, name, strlen(name), 0);
		gv_buf_addf(&line, ": %.*s\n", (int)(nl - p), p);
	}
	if (line.len && gv_buf_check(&line) == 0)
		gv_out_report(a->ctx->out, line.p, line.len);
	gv_buf_release(&line);
}

/* ---- JSON ---------------------------------------------------------------- */

static int
put_line(struct all *a, const struct gv_registered *one, int status,
    struct gv_buf *out, const char *messages)
{
	struct gv_json lines = GV_JSON_INIT;
	struct gv_json *j = a->words->into ? a->words->into : &lines;
	int r;

	lines.out = a->ctx->out;
	gv_json_object(j, NULL);
	gv_json_string(j, "name", one->name);
	gv_json_path(j, "path", one->path, strlen(one->path));
	gv_json_int(j, "exit", status);
	gv_crew_out_json(j, out, messages);
	gv_json_end(j);
	if (a->words->into)
		return 0;
	r = gv_json_flush(&lines);
	gv_json_release(&lines);
	return r < 0 ? r : gv_out_flush(a->ctx->out);
}

/* ---- results ------------------------------------------------------------- */

static void
take_status(struct all *a, int status)
{
	a->has_yes |= status == 0;
	if (status > a->worst)
		a->worst = status;
}

static int
glance(void *ctx, size_t i)
{
	const struct all *a = ctx;
	const struct gv_project_all_words *w = a->words;
	struct glanced *g = &a->glanced[i];
	const int r = w->glance(w->ctx, &g->out, dir_of(ctx, i));

	g->is_empty = r > 0;
	return r;
}

/* As a process says that it found nothing. */
static void
take_glanced(struct all *a, size_t i, struct gv_crew_result *result)
{
	const struct glanced *g = &a->glanced[i];

	if (!g->is_empty)
		return;
	result->status = 1;
	gv_buf_add(&result->out, g->out.p, g->out.len);
	if (!a->words->json && !a->words->quiet)
		gv_buf_addstr(&result->err, "git-vault: nothing found\n");
}

static int
take(void *ctx, size_t i, struct gv_crew_result *result)
{
	struct all *a = ctx;
	const struct gv_registered *one = &a->items[a->numbers[i]];
	int status;

	take_glanced(a, i, result);
	status = result->status < 0 ? 128 : result->status;
	take_status(a, status);
	if (result->is_cut)
		gv_buf_addstr(&result->err,
		    "it printed more than 16 MiB; the rest is left out\n");
	if (a->words->json)
		return put_line(a, one, status, &result->out, result->err.p);
	if (result->out.len)
		print_text(a, one->name, &result->out);
	if (gv_out_flush(a->ctx->out) < 0)
		return GV_ERROR;
	/* that nothing was found before does not matter */
	if (a->words->n_line == 0 || status > 1)
		print_messages(a, one->name, &result->err);
	return 0;
}

/* One that is missing comes last. */
static int
tell_missing(struct all *a)
{
	struct gv_buf nothing = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < a->n_items; i++) {
		const struct gv_registered *one = &a->items[i];

		if (!one->is_gone)
			continue;
		take_status(a, 3);
		if (a->words->json)
			r = put_line(
			    a, one, 3, &nothing, "the folder is missing");
		else
			gv_out_warn(a->ctx->out, "%s: there is no folder %s",
			    one->name, one->path);
	}
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

static int
take_line(struct all *a)
{
	const struct gv_project_all_words *w = a->words;
	size_t i;

	if ((a->items = calloc(w->n_line, sizeof(*a->items))) == NULL)
		return gv_err_nomem();
	for (i = 0; i < w->n_line; i++)
		a->items[a->n_items++] = *w->line[i];
	return 0;
}

static int
take_registry(struct all *a)
{
	const struct gv_registered *only = NULL;
	int r;

	if ((r = gv_registry_load(&a->reg)) < 0)
		return r;
	if (a->words->only &&
	    (r = gv_registry_find(&only, &a->reg, a->words->only)) < 0)
		return r;
	if (only) {
		a->reg.items[0] = *only;
		a->reg.n = 1;
	}
	if (a->reg.n == 0)
		return gv_err(GV_ENOTFOUND,
		    "no project is registered yet\nhint: git vault project "
		    "add");
	gv_out_configure(a->ctx->out, &a->reg.config, false);
	a->items = a->reg.items;
	a->n_items = a->reg.n;
	return 0;
}

static int
prepare(struct all *a)
{
	size_t i;
	int r = a->words->n_line ? take_line(a) : take_registry(a);

	if (r < 0 || (r = gv_self_path(&a->self)) < 0)
		return r;
	a->begins = calloc(a->n_items, sizeof(*a->begins));
	a->numbers = calloc(a->n_items, sizeof(*a->numbers));
	a->glanced = calloc(a->n_items, sizeof(*a->glanced));
	if (a->begins == NULL || a->numbers == NULL || a->glanced == NULL)
		return gv_err_nomem();
	for (i = 0; i < a->n_items; i++)
		a->glanced[i].out = (struct gv_buf)GV_BUF_INIT;
	for (i = 0; i < a->n_items; i++) {
		if (a->items[i].is_gone)
			continue;
		a->begins[a->n] = a->n_argvs;
		a->numbers[a->n++] = i;
		if ((r = add_words(a, a->items[i].path)) < 0)
			return r;
	}
	return 0;
}

int
gv_project_all_run(struct gv_ctx *ctx, const struct gv_project_all_words *words)
{
	struct all a = { .ctx = ctx, .words = words, .self = GV_BUF_INIT };
	size_t i;
	int r;

	if ((r = prepare(&a)) < 0)
		goto out;
	if ((r = gv_crew_run(&(struct gv_crew_opts){ .n = a.n,
		 .argv = argv_of,
		 .dir = dir_of,
		 .done = take,
		 .before = words->glance ? glance : NULL,
		 .as_they_end = words->is_search && words->n_line == 0,
		 .ctx = &a })) == 0)
		r = tell_missing(&a);
out:
	for (i = 0; a.glanced && i < a.n_items; i++)
		gv_buf_release(&a.glanced[i].out);
	free(a.glanced);
	if (words->n_line)
		free(a.items);
	free(a.argvs);
	free(a.begins);
	free(a.numbers);
	gv_buf_release(&a.self);
	gv_registry_release(&a.reg);
	if (r < 0)
		return r;
	return words->is_search && a.worst == 1 && a.has_yes ? 0 : a.worst;
}

bool
gv_project_all_own(const struct gv_cmd *cmd, void *values)
{
	const struct gv_opt *opt = cmd->opts;

	for (; opt && opt->type != GV_OPT_END; opt++)
		if (opt->name && strcmp(opt->name, "all-projects") == 0)
			break;
	if (opt == NULL || opt->type == GV_OPT_END)
		return false;
	if (values)
		*(bool *)(void *)((char *)values + opt->at) = true;
	return true;
}

/* Who may push can put a link there, which leads into another project. */
static int
enter_part(const char *path, const char *part)
{
	int r = gv_file_leads_through_link(path, part);

	if (r > 0)
		return gv_err(GV_EREFUSED,
		    "nothing was done: the part '%.200s' of the project in %s "
		    "leads through a symbolic link; look where it leads, then "
		    "run the command there",
		    part, path);
	return r < 0 ? r : gv_exec_chdir(part);
}

int
gv_project_all_enter(const char *name)
{
	const struct gv_registered *one;
	struct gv_registry reg;
	const char *part;
	int r;

	if ((r = gv_registry_load(&reg)) < 0 ||
	    (r = gv_registry_find_part(&one, &part, &reg, name)) < 0)
		goto out;
	if (one->is_gone)
		r = gv_err(GV_ENOTFOUND,
		    "the folder of the project '%.100s' is missing: %s\nhint: "
		    "git vault project list",
		    name, one->path);
	else if ((r = gv_crew_enter(one->path)) == 0 && part)
		r = enter_part(one->path, part);
out:
	gv_registry_release(&reg);
	return r;
}
