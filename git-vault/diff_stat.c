#include "diff_stat.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/map.h"
#include "out.h"
#include "sys/proc.h"
#include "sys/tty.h"
#include "vault/diff.h"

bool
gv_diff_stat_is_due(const struct gv_diff *diff)
{
	size_t i;

	for (i = 0; diff && i < diff->n; i++)
		if (diff->changes[i].old_chunked ||
		    diff->changes[i].new_chunked)
			return true;
	return false;
}

/* What stands in the place of git's two sizes; NULL: git's own is right, or it
 * tells none. */
struct sizes {
	const uint64_t *sizes[2];
};

/* "3\t4\t" or "-\t-\t", then "path" NUL, or for a rename NUL "old" NUL "new"
 * NUL. The next file, or NULL at the end. */
static const char *
next_file(struct sizes *s, const struct gv_map *by_path, const char *p)
{
	const struct gv_diff_change *old, *new;
	const char *path = strchr(p, '\t');
	/* where an attribute says so git counts the lines of a pointer */
	bool counted = *p != '-';

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
	if (!counted && old && old->old_chunked)
		s->sizes[0] = &old->old_size;
	if (!counted && new &&new->new_chunked)
		s->sizes[1] = &new->new_size;
	return p + strlen(p) + 1;
}

/* Behind "… | Bin ", or the end: of a blob that is as it was git tells no
 * sizes. A name may hold all of that, so it is the last bar that counts. */
static const char *
sizes_in(const char *line, const char *end)
{
	const char *p = end;

	while (p > line && *p != '|')
		p--;
	p += *p == '|';
	p += strspn(p, " ");
	return strncmp(p, "Bin ", 4) == 0 ? p + 4 : end;
}

/* "… | Bin 134 -> 137 bytes", with colours around the numbers maybe. */
static void
print_line(
    struct gv_out *out, const struct sizes *s, const char *line, size_t len)
{
	const char *end = line + len, *p = sizes_in(line, end), *from = line;
	size_t i = 0, n;

	for (; i < 2 && p < end; p += n + (n == 0)) {
		n = *p == '\033' ? strcspn(p, "m") : strspn(p, "0123456789");
		if (n == 0 || *p == '\033')
			continue;
		if (s->sizes[i]) {
			gv_out_write(out, from, (size_t)(p - from));
			gv_out_printf(out, "%" PRIu64, *s->sizes[i]);
			from = p + n;
		}
		i++;
	}
	gv_out_write(out, from, (size_t)(end - from));
}

/* A line of the chart is for each file of the list, in the same order; the last
 * one sums up. */
static void
print_chart(struct gv_out *out, const struct gv_map *by_path,
    const struct gv_buf *chart, const struct gv_buf *list)
{
	const char *p = chart->p, *file = list->p, *end = list->p + list->len;
	struct sizes s;
	size_t len;

	for (; *p; p += len) {
		len = strcspn(p, "\n");
		len += p[len] == '\n';
		s = (struct sizes){ { NULL, NULL } };
		if (file && file < end)
			file = next_file(&s, by_path, file);
		if (s.sizes[0] || s.sizes[1])
			print_line(out, &s, p, len);
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
	form[1] = chart;
	if (r == 0)
		r = ask(&shown, argv);
	form[0] = "-z";
	form[1] = "--numstat";
	if (r == 0)
		r = ask(&listed, argv);
	if (r == 0)
		print_chart(out, &by_path, &shown.out, &listed.out);
	gv_map_release(&by_path);
	gv_proc_release(&shown);
	gv_proc_release(&listed);
	return r;
}
