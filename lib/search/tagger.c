#include "search/tagger.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "base/vec.h"
#include "sys/clock.h"
#include "sys/proc.h"
#include "sys/program.h"

/* What it may print: a tag takes some fifty bytes. */
#define MOST ((size_t)64 * 1024 * 1024)

static const char *const env[] = { "LC_ALL=C", "HOME=/", "CTAGS", "ETAGS",
	NULL };

static int64_t
now_ms(void)
{
	return gv_clock_tick() / 1000000;
}

/* ---- what it prints ------------------------------------------------------ */

/* The text behind `key` in a line; NULL: it is not in it. */
static const char *
behind(const char *line, size_t len, const char *key)
{
	const size_t n = strlen(key);
	const char *p = memmem(line, len, key, n);

	return p ? p + n : NULL;
}

static int
take_tag(struct gv_tagger_text *text, const char *line, size_t len,
    gv_tagger_wants_fn *wants, void *ctx)
{
	const char *name = behind(line, len, "\"name\": \""), *end, *number;
	const char *stop = line + len;
	uint64_t at = 0;

	text->is_known = true;
	end = name ? memchr(name, '"', (size_t)(stop - name)) : NULL;
	/* no name that is searched for has an escape in it */
	if (end == NULL || memchr(name, '\\', (size_t)(end - name)) ||
	    (number = behind(end, (size_t)(stop - end), "\"line\": ")) == NULL)
		return 0;
	for (; number < stop && *number >= '0' && *number <= '9'; number++)
		if ((at = 10 * at + (uint64_t)(*number - '0')) > UINT32_MAX)
			return 0;
	if (at == 0 || !wants(ctx, name, (size_t)(end - name)))
		return 0;
	if (GV_GROW(text->lines, text->n, text->cap) < 0)
		return gv_err_nomem();
	text->lines[text->n++] = (uint32_t)at;
	return 0;
}

int
gv_tagger_read(struct gv_tagger_text *texts, size_t n, const char *out,
    size_t len, gv_tagger_wants_fn *wants, void *ctx)
{
	static const char tag[] = "{\"_type\": \"tag\",";
	static const char completed[] = "{\"_type\": \"completed\",";
	const char *line, *end = out + len;
	size_t i = 0, n_line;
	int r;

	while (i < n && gv_lines_next(&line, &n_line, &out, end)) {
		if (n_line >= strlen(completed) &&
		    memcmp(line, completed, strlen(completed)) == 0) {
			i++;
			continue;
		}
		if (n_line < strlen(tag) || memcmp(line, tag, strlen(tag)) != 0)
			continue;
		if ((r = take_tag(&texts[i], line, n_line, wants, ctx)) < 0)
			return r;
	}
	return 0;
}

/* ---- running it ---------------------------------------------------------- */

static int
run(struct gv_proc *p, struct gv_tagger *t, const char *const *argv,
    const struct gv_buf *in)
{
	const int64_t left = t->until - now_ms();
	const struct gv_proc_opts opts = { .argv = argv,
		.cwd = "/",
		.env = env,
		.in = in ? in->p : NULL,
		.in_len = in ? in->len : 0,
		.timeout_ms = left > 1 ? (int)left : 1,
		.most = MOST,
		.is_apart = true };

	return gv_proc_run(p, &opts);
}

int
gv_tagger_find(struct gv_tagger *out, const char *shut)
{
	const char *argv[] = { NULL, "--options=NONE", "--list-features",
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	out->program = (struct gv_buf)GV_BUF_INIT;
	out->until = now_ms() + GV_TAGGER_MS;
	r = gv_program_find(&out->program, "ctags", &shut, shut != NULL);
	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	argv[0] = out->program.p;
	r = run(&p, out, argv, NULL);
	/* others, and one that was built without, are of no use */
	if (r < 0 || p.status || strstr(p.out.p, "\ninteractive ") == NULL ||
	    strstr(p.out.p, "\nsandbox ") == NULL)
		gv_buf_reset(&out->program);
	gv_proc_release(&p);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

void
gv_tagger_release(struct gv_tagger *t)
{
	gv_buf_release(&t->program);
}

/* The name of the file says which language it is. */
static void
add_text(struct gv_buf *in, const struct gv_tagger_text *text)
{
	const char *slash = strrchr(text->path, '/');
	const char *name = slash ? slash + 1 : text->path, *p;

	gv_buf_addstr(in, "{\"command\": \"generate-tags\", \"filename\": \"");
	for (p = name; *p; p++)
		gv_buf_addch(in,
		    (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
			    (*p >= 'A' && *p <= 'Z') || *p == '.' || *p == '-'
			? *p
			: '_');
	gv_buf_addf(in, "\", \"size\": %zu}\n", text->len);
	gv_buf_add(in, text->text, text->len);
}

int
gv_tagger_run(struct gv_tagger *t, struct gv_tagger_text *texts, size_t n,
    gv_tagger_wants_fn *wants, void *ctx)
{
	const char *const argv[] = { t->program.p, "--options=NONE",
		"--_interactive=sandbox", "--fields=Nn", NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf in = GV_BUF_INIT;
	size_t i;
	int r;

	if (n == 0 || t->program.len == 0)
		return 0;
	for (i = 0; i < n; i++)
		add_text(&in, &texts[i]);
	if ((r = gv_buf_check(&in)) == 0)
		r = run(&p, t, argv, &in);
	/* one that fails once would do so again */
	if (r != GV_ENOMEM && r != GV_ECANCELED && (r < 0 || p.status)) {
		gv_buf_reset(&t->program);
		r = 0;
	}
	if (r == 0)
		r = gv_tagger_read(texts, n, p.out.p, p.out.len, wants, ctx);
	gv_proc_release(&p);
	gv_buf_release(&in);
	return r;
}
