/*
 * The ignore rules where git can be asked the same question:
 *
 *	ignore-tool make SEED DIR	a random tree in DIR/tree with ignore
 *					files, DIR/exclude and DIR/excludes
 *	ignore-tool list [OPTIONS] DIR	as `git ls-files -o --exclude-standard
 *					-z` where nothing is tracked
 *	ignore-tool check [OPTIONS] DIR	as `git check-ignore -v -n -z --stdin`,
 *					paths from standard input, NUL-ended
 *
 * OPTIONS: -i (ignore case), -x FILE (info/exclude), -g FILE
 * (core.excludesFile).
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "sys/file.h"
#include "worktree/ignore.h"

#define MAX_FILE ((size_t)1 << 24)

static void
die(const char *what)
{
	fprintf(stderr, "ignore-tool: %s: %s\n", what, gv_err_message());
	exit(1);
}

/* --- random trees and patterns ---------------------------------------- */

static const char *const names[] = { "a", "b", "c", "ab", "abc", "A", "Ab",
	"foo", "bar", "foo.o", "x.log", ".h", "a.b", "a b", "a ", "#c", "!d",
	"-", "[x]", "a\\b", "*", "?", "a*", "b]", "\xc3\xa9", "\x80", "dir",
	"build", "z9", "_", "a\tb", "n\nl", "a-b", "^", "B", "x.LOG" };

static const char *const atoms[] = { "*", "*", "*", "?", "**", "***", "[a-c]",
	"[!a]", "[^b]", "[[:alpha:]]", "[[:digit:]x]", "[[:upper:]]",
	"[[:lower:]]", "[[:punct:]]", "[[:space:]a]", "[[:nope:]]", "[]x]",
	"[!]x]", "[a", "[[:alpha:]", "[a-", "[--0]", "[\\]x]", "[A-C]", "[B]",
	"\\a", "\\A", "\\*", "\\\\", "\\ ", "\\", "[[:]", "[a-[:alpha:]]",
	"[\\a-\\c]", "[z-a]", "a", "b", ".", "o", "*.o", "*.log", "A" };

struct dice {
	uint64_t state;
};

static unsigned
roll(struct dice *d, unsigned sides)
{
	d->state = d->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(d->state >> 33) % sides;
}

#define PICK(d, list) list[roll(d, sizeof(list) / sizeof(*(list)))]

static void
add_component(struct gv_buf *out, struct dice *d)
{
	unsigned i, n = 1 + roll(d, 3);

	if (roll(d, 2)) {
		gv_buf_addstr(out, PICK(d, names));
		return;
	}
	if (roll(d, 5) == 0) {
		gv_buf_addstr(out, "**");
		return;
	}
	for (i = 0; i < n; i++)
		gv_buf_addstr(
		    out, roll(d, 3) ? PICK(d, atoms) : PICK(d, names));
}

static void
add_line(struct gv_buf *out, struct dice *d)
{
	static const char *const ends[] = { " ", "  ", "\\ ", "\\  ", "\t",
		" \\", "\r", " \r", "\\ \r", "/ ", "//" };
	unsigned i, n = 1 + roll(d, 3);

	if (roll(d, 12) == 0)
		gv_buf_addstr(out, roll(d, 2) ? "#" : "\\#");
	if (roll(d, 3) == 0)
		gv_buf_addstr(out, roll(d, 12) ? "!" : "\\!");
	if (roll(d, 5) == 0)
		gv_buf_addch(out, '/');
	for (i = 0; i < n; i++) {
		if (i)
			gv_buf_addch(out, '/');
		add_component(out, d);
	}
	if (roll(d, 4) == 0)
		gv_buf_addch(out, '/');
	if (roll(d, 6) == 0)
		gv_buf_addstr(out, PICK(d, ends));
}

static void
make_rules(struct dice *d, int dirfd, const char *name)
{
	struct gv_buf b = GV_BUF_INIT;
	unsigned i, n = 1 + roll(d, 6);
	const char *eol = roll(d, 6) ? "\n" : "\r\n";

	if (roll(d, 10) == 0)
		gv_buf_addstr(&b, "\xef\xbb\xbf");
	for (i = 0; i < n; i++) {
		if (roll(d, 10))
			add_line(&b, d);
		if (i + 1 < n || roll(d, 5))
			gv_buf_addstr(&b, eol);
	}
	if (gv_file_replace(dirfd, name, b.p, b.len, 0666, false) < 0)
		die("make");
	gv_buf_release(&b);
}

static void
make_tree(struct dice *d, int dirfd, unsigned depth)
{
	unsigned i, n = 2 + roll(d, 6);

	if (depth == 0 ? roll(d, 8) != 0 : roll(d, 3) == 0)
		make_rules(d, dirfd, ".gitignore");
	for (i = 0; i < n; i++) {
		const char *name = PICK(d, names);
		unsigned what = roll(d, 20);
		int fd;

		if (what == 0) {
			(void)!symlinkat(roll(d, 2) ? "." : "a", dirfd, name);
		} else if (what < 12 || depth > 2) {
			fd = openat(dirfd, name, O_CREAT | O_WRONLY, 0666);
			if (fd >= 0)
				close(fd);
		} else if (mkdirat(dirfd, name, 0777) == 0) {
			fd = openat(dirfd, name, O_DIRECTORY | O_RDONLY);
			make_tree(d, fd, depth + 1);
			close(fd);
		}
	}
}

static int
cmd_make(const char *seed, const char *dir)
{
	struct dice d = { strtoull(seed, NULL, 10) * 0x9e3779b97f4a7c15u };
	int fd, tree;

	if (gv_file_mkdirs(AT_FDCWD, dir, 0777) < 0)
		die(dir);
	fd = open(dir, O_DIRECTORY | O_RDONLY);
	if (fd < 0 || mkdirat(fd, "tree", 0777) < 0)
		die(dir);
	tree = openat(fd, "tree", O_DIRECTORY | O_RDONLY);
	make_rules(&d, fd, "exclude");
	make_rules(&d, fd, "excludes");
	make_tree(&d, tree, 0);
	close(tree);
	close(fd);
	return 0;
}

/* --- the rules at work --------------------------------------------------*/

struct work {
	bool icase;
	struct gv_ignore_level *base; /* excludesFile, then info/exclude */
	struct gv_ignore_level *excludes;
	struct gv_arena arena;
	char **found;
	size_t n, cap;
};

static void
load(struct gv_ignore_level **out, const struct work *w,
    const struct gv_ignore_level *parent, const char *dir, const char *file,
    const char *source)
{
	struct gv_buf text = GV_BUF_INIT;

	if (gv_file_read(&text, AT_FDCWD, file, MAX_FILE) < 0 ||
	    gv_ignore_level_new(out, parent, strlen(dir),
		&(struct gv_ignore_file){
		    text.p, text.len, source, w->icase }) < 0)
		die(file);
	gv_buf_release(&text);
}

/* The level of a directory ("" or "a/b"), or `parent` if it has no file of
 * its own; a symbolic link is none, as for git. */
static const struct gv_ignore_level *
enter(struct gv_ignore_level **own, const struct work *w,
    const struct gv_ignore_level *parent, const char *dir)
{
	struct gv_buf file = GV_BUF_INIT;
	struct stat st;

	*own = NULL;
	gv_buf_addf(&file, "%s%s.gitignore", dir, *dir ? "/" : "");
	if (lstat(file.p, &st) == 0 && S_ISREG(st.st_mode))
		load(own, w, parent, dir, file.p, file.p);
	gv_buf_release(&file);
	return *own ? *own : parent;
}

static void
keep(struct work *w, const char *path, size_t len)
{
	if (gv_vec_grow(
		(void **)&w->found, &w->cap, w->n + 1, sizeof(*w->found)) < 0 ||
	    !(w->found[w->n] = gv_arena_copy(&w->arena, path, len)))
		die("list");
	w->n++;
}

static void
walk(struct work *w, const struct gv_ignore_level *parent, struct gv_buf *path)
{
	const struct gv_ignore_level *level;
	struct gv_ignore_level *own;
	size_t dir_len = path->len, name_at = dir_len ? dir_len + 1 : 0;
	struct dirent *e;
	struct stat st;
	DIR *dir = opendir(dir_len ? path->p : ".");

	if (dir == NULL)
		die(path->p);
	level = enter(&own, w, parent, path->p);
	while ((e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    !strcmp(e->d_name, ".git"))
			continue;
		gv_buf_addf(path, "%s%s", dir_len ? "/" : "", e->d_name);
		if (lstat(path->p, &st) < 0)
			die(path->p);
		if (gv_ignore_match(level, path->p, path->len, name_at,
			S_ISDIR(st.st_mode), NULL) != GV_IGNORE_IGNORED) {
			if (S_ISDIR(st.st_mode))
				walk(w, level, path);
			else
				keep(w, path->p, path->len);
		}
		gv_buf_truncate(path, dir_len);
	}
	closedir(dir);
	gv_ignore_level_free(own);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
cmd_list(struct work *w)
{
	struct gv_buf path = GV_BUF_INIT;
	size_t i;

	walk(w, w->base, &path);
	if (w->n)
		qsort(w->found, w->n, sizeof(*w->found), by_name);
	for (i = 0; i < w->n; i++)
		fwrite(w->found[i], 1, strlen(w->found[i]) + 1, stdout);
	free(w->found);
	gv_buf_release(&path);
	gv_arena_release(&w->arena);
	return 0;
}

static void
print_why(const char *path, const struct gv_ignore_why *why)
{
	fputs(why->source ? why->source : "", stdout);
	putchar('\0');
	if (why->source)
		printf("%u", why->line);
	putchar('\0');
	fputs(why->source ? why->pattern : "", stdout);
	putchar('\0');
	fputs(path, stdout);
	putchar('\0');
}

/* Judge the directories above the path first: once one is ignored, nothing
 * below it can be included again. */
static void
check(const struct work *w, const struct gv_ignore_level *parent, char *path,
    size_t at)
{
	const struct gv_ignore_level *level;
	struct gv_ignore_level *own = NULL;
	struct gv_ignore_why why = { NULL, 0, NULL };
	enum gv_ignore_verdict v;
	char *slash = strchr(path + at, '/');
	size_t len = slash ? (size_t)(slash - path) : strlen(path);
	struct stat st;

	if (at)
		path[at - 1] = '\0';
	level = enter(&own, w, parent, at ? path : "");
	if (at)
		path[at - 1] = '/';
	if (!slash && lstat(path, &st) < 0)
		die(path);
	v = gv_ignore_match(
	    level, path, len, at, slash || S_ISDIR(st.st_mode), &why);
	if (slash && v != GV_IGNORE_IGNORED)
		check(w, level, path, len + 1);
	else
		print_why(path, &why);
	gv_ignore_level_free(own);
}

static int
cmd_check(const struct work *w)
{
	char *path = NULL;
	size_t cap = 0;

	while (getdelim(&path, &cap, '\0', stdin) > 0)
		check(w, w->base, path, 0);
	free(path);
	return 0;
}

int
main(int argc, char **argv)
{
	struct work w = { .arena = GV_ARENA_INIT };
	const char *exclude = NULL, *excludes = NULL;
	int c, r = 1;

	if (argc == 4 && strcmp(argv[1], "make") == 0)
		return cmd_make(argv[2], argv[3]);
	for (optind = 2; (c = getopt(argc, argv, "ix:g:")) != -1;) {
		w.icase |= c == 'i';
		exclude = c == 'x' ? optarg : exclude;
		excludes = c == 'g' ? optarg : excludes;
	}
	if (argc < 3 || optind + 1 != argc) {
		fprintf(stderr,
		    "usage: ignore-tool make SEED DIR | "
		    "list|check [-i] [-x FILE] [-g FILE] DIR\n");
		return 129;
	}
	if (excludes)
		load(&w.excludes, &w, NULL, "", excludes, excludes);
	w.base = w.excludes;
	if (exclude)
		load(&w.base, &w, w.excludes, "", exclude, exclude);
	if (chdir(argv[optind]) < 0)
		die(argv[optind]);
	if (strcmp(argv[1], "list") == 0)
		r = cmd_list(&w);
	else if (strcmp(argv[1], "check") == 0)
		r = cmd_check(&w);
	if (exclude)
		gv_ignore_level_free(w.base);
	gv_ignore_level_free(w.excludes);
	return r;
}
