#include "git-vault/history/diff_stat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/map.h"
#include "git-vault/front/out.h"
#include "sys/proc.h"
#include "sys/tty.h"
#include "view/diff.h"

bool
gv_diff_stat_is_due(const struct gv_diff *diff, const char *form)
{
	size_t i;

	if (strcmp(form, "--stat") != 0 && strcmp(form, "--numstat") != 0 &&
	    strcmp(form, "--shortstat") != 0)
		return false;
	for (i = 0; diff && i < diff->n; i++)
		if (diff->changes[i].old_chunked ||
		    diff->changes[i].new_chunked)
			return true;
	return false;
}

/* A file of git's list. */
struct file {
	const uint64_t *sizes[2]; /* what stands in the place of git's; NULL:
				     git's own is right, or it tells none */
	uint64_t lines[2];        /* that came, and that went */
	bool counted; /* where an attribute says so git counts the lines of a
			 pointer: they are the file's no more than its size */
};

/* "3\t4\t" or "-\t-\t", then "path" NUL, or for a rename NUL "old" NUL "new"
 * NUL. The next file, or NULL at the end. */
static const char *
next_file(struct file *f, const struct gv_map *by_path, const char *p)
{
	const struct gv_diff_change *old, *new;
	const char *path = strchr(p, '\t');
	bool is_text = *p != '-';

	f->lines[0] = strtoull(p, NULL, 10);
	f->lines[1] = path ? strtoull(path + 1, NULL, 10) : 0;
	path = path ? strchr(path + 1, '\t') : NULL;
	if (path == NULL)
		return NULL;
	p = ++path;
	if (*path == '\0') {
		path++;
		p = path + strlen(path) + 1;
	}
	old = gv_map_get(by_path, path, strlen(path));
	new = gv_map_get(by_path, p, strlen(p));
	f->counted =
	    is_text && ((old && old->old_chunked) || (new &&new->new_chunked));
	if (old && (f->counted || old->old_chunked))
		f->sizes[0] = &old->old_size;
	if (new && (f->counted || new->new_chunked))
		f->sizes[1] = &new->new_size;
	return p + strlen(p) + 1;
}

/* Behind the last bar of a line; a name may hold some, too. */
static const char *
behind_bar(const char *line, const char *end)
{
	const char *p = end;

	while (p > line && *p != '|')
		p--;
	return p + (*p == '|');
}

/* Behind "… | Bin ", or the end: of a blob that is as it was git tells no
 * sizes. */
static const char *
sizes_in(const char *line, const char *end)
{
	const char *p = behind_bar(line, end);

	p += strspn(p, " ");
	return strncmp(p, "Bin ", 4) == 0 ? p + 4 : end;
}

/* "… | Bin 134 -> 137 bytes", with colours around the numbers maybe. */
static void
print_sizes(
    struct gv_out *out, const struct file *f, const char *line, size_t len)
{
	const char *end = line + len, *p = sizes_in(line, end), *from = line;
	size_t i = 0, n;

	for (; i < 2 && p < end; p += n + (n == 0)) {
		n = *p == '\033' ? strcspn(p, "m") : strspn(p, "0123456789");
		if (n == 0 || *p == '\033')
			continue;
		if (f->sizes[i]) {
			gv_out_write(out, from, (size_t)(p - from));
			gv_out_printf(out, "%" PRIu64, *f->sizes[i]);
			from = p + n;
		}
		i++;
	}
	gv_out_write(out, from, (size_t)(end - from));
}

/* "… | 3 ++-" of a pointer, as git would have it of what is binary. */
static void
print_binary(
    struct gv_out *out, const struct file *f, const char *line, size_t len)
{
	const char *bar = behind_bar(line, line + len);
	int wide = (int)strspn(bar, " 0123456789") - 1;

	gv_out_write(out, line, (size_t)(bar - line));
	while (wide > 0 && bar[wide] == ' ')
		wide--;
	gv_out_printf(out, " %*s", wide, "Bin");
	if (f->lines[0] || f->lines[1])
		gv_out_printf(out, " %" PRIu64 " -> %" PRIu64 " bytes",
		    f->sizes[0] ? *f->sizes[0] : 0,
		    f->sizes[1] ? *f->sizes[1] : 0);
	gv_out_printf(out, "\n");
}

/* "3\t4\tpath" of a pointer likewise. */
static void
print_numbers(struct gv_out *out, const char *line, size_t len)
{
	size_t n = strcspn(line, "\t") + 1;

	n += strcspn(line + n, "\t");
	gv_out_printf(out, "-\t-");
	gv_out_write(out, line + n, len - n);
}

static void
print_count(struct gv_out *out, uint64_t n, const char *what)
{
	gv_out_printf(out, ", %" PRIu64 " %s", n, what);
}

/* "… files changed, 3 insertions(+), 4 deletions(-)" with other numbers. */
static void
print_sum(struct gv_out *out, const uint64_t sum[2], const char *line)
{
	gv_out_write(out, line, strcspn(line, ",\n"));
	if (sum[0] || sum[1] == 0)
		print_count(out, sum[0],
		    sum[0] == 1 ? "insertion(+)" : "insertions(+)");
	if (sum[1] || sum[0] == 0)
		print_count(
		    out, sum[1], sum[1] == 1 ? "deletion(-)" : "deletions(-)");
	gv_out_printf(out, "\n");
}

/* What of the lines is the files' own; whether git counted others, too. */
static bool
add_up(uint64_t sum[2], const struct gv_map *by_path, const struct gv_buf *list)
{
	const char *p = list->p, *end = p + list->len;
	bool is_other = false;

	sum[0] = sum[1] = 0;
	while (p && p < end) {
		struct file f = { .counted = false };

		p = next_file(&f, by_path, p);
		is_other = is_other || f.counted;
		sum[0] += f.counted ? 0 : f.lines[0];
		sum[1] += f.counted ? 0 : f.lines[1];
	}
	return is_other;
}

/* A line is for each file of the list, in the same order; the last one sums up,
 * where there is one, or is the only one. */
static void
print_lines(struct gv_out *out, const struct gv_map *by_path,
    const struct gv_buf *shown, const struct gv_buf *list, const char *form)
{
	bool numbers = strcmp(form, "--numstat") == 0;
	const char *p = shown->p, *file = list->p, *end = list->p + list->len;
	uint64_t sum[2];
	bool is_other = add_up(sum, by_path, list);
	size_t len;

	if (strcmp(form, "--shortstat") == 0)
		file = end;
	for (; *p; p += len) {
		struct file f = { .counted = false };
		bool is_sum = file == NULL || file >= end;

		len = strcspn(p, "\n");
		len += p[len] == '\n';
		if (!is_sum)
			file = next_file(&f, by_path, file);
		if (is_sum && is_other)
			print_sum(out, sum, p);
		else if (f.counted && numbers)
			print_numbers(out, p, len);
		else if (f.counted)
			print_binary(out, &f, p, len);
		else if (!numbers && (f.sizes[0] || f.sizes[1]))
			print_sizes(out, &f, p, len);
		else
			gv_out_write(out, p, len);
	}
}

static int
ask(struct gv_proc *p, const char **argv)
{
	int r = gv_proc_run(p, &(struct gv_proc_opts){ .argv = argv });
	/* 1: there are differences, where diff.trustExitCode makes it */
	if (r == 0 && p->status > 1)
		r = gv_err(GV_ERROR, "git could not print the differences: %s",
		    p->err.p);
	return r;
}

int
gv_diff_stat_print(struct gv_out *out, const struct gv_diff *diff,
    const char **argv, const char **form)
{
	const char *asked = form[1];
	struct gv_proc shown = GV_PROC_INIT, listed = GV_PROC_INIT;
	struct gv_map by_path = GV_MAP_INIT;
	char chart[32] = "--stat";
	size_t i;
	int r = 0;

	/* to git its own output is no terminal */
	if (gv_tty_is(STDOUT_FILENO))
		snprintf(chart, sizeof(chart), "--stat=%d",
		    gv_tty_columns(STDOUT_FILENO));
	for (i = 0; r == 0 && i < diff->n; i++)
		r = gv_map_put(&by_path, diff->changes[i].path,
		    diff->changes[i].path_len, &diff->changes[i]);
	if (strcmp(asked, "--stat") == 0)
		form[1] = chart;
	if (r == 0)
		r = ask(&shown, argv);
	form[0] = "-z";
	form[1] = "--numstat";
	if (r == 0 && (r = ask(&listed, argv)) == 0)
		print_lines(out, &by_path, &shown.out, &listed.out, asked);
	gv_map_release(&by_path);
	gv_proc_release(&shown);
	gv_proc_release(&listed);
	return r;
}
