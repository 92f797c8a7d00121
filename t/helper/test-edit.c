#include "helper/test-tool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

/*
 * Do so many things to the current directory, a repository's working tree, as
 * people and tools do them: the same ones for the same seed. What cannot be
 * done (a name taken, a directory in the way) is left undone.
 */

#define MAX_PATHS 4096
#define MAX_PATH  512

static const char *const names[] = { "a", "b", "main.tf", "dev", "prod", ".env",
	"terraform.tfstate", "x.log", "build", "node_modules", "dist",
	"package.json", "a.b", "a-b", "ab", "A", "caf\303\251", "new\nline",
	"quo\"te", "tab\there", " lead", "back\\slash", "\377bytes", "secrets",
	"m=1", "vendor", "target", "Cargo.toml", ".terraform",
	"local.auto.tfvars", "git~2", "modules" };

static const char *const patterns[] = { "*.log", "build/", "/a", "!x.log", "*",
	"!*/", "dev/", "ab", ".env", "*.tf", "!main.tf", "prod/a",
	"node_modules", "**/b", "# nothing", "vendor/", ".gitignore",
	"secrets/", "[ab]", "*.tfstate" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct paths {
	char text[MAX_PATHS][MAX_PATH];
	size_t n;
};

static uint64_t state;

static uint32_t
number(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % below;
}

static struct paths all;

static void
list(const char *dir)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, NULL, alphasort), i;
	struct stat st;

	for (i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		char *path = all.text[all.n];

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
		    strcmp(name, ".git") != 0 && all.n + 1 < MAX_PATHS &&
		    snprintf(path, MAX_PATH, "%s/%s", dir, name) < MAX_PATH) {
			all.n++;
			if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
				list(path);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static bool
is_dir(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Some path that is a directory, or is none; NULL where a few tries find
 * none. */
static const char *
some(bool dir)
{
	int i;

	for (i = 0; i < 20 && all.n; i++) {
		const char *path = all.text[number((uint32_t)all.n)];

		if (is_dir(path) == dir)
			return path;
	}
	return dir ? "." : NULL;
}

/* A name, perhaps new, in some directory. */
static const char *
place(void)
{
	static char path[2 * MAX_PATH];
	const char *dir = number(4) ? some(true) : ".";

	snprintf(path, sizeof(path), "%s/%s", dir, names[number(COUNT(names))]);
	return path;
}

static void
put(const char *path, int flags)
{
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | flags, 0644);
	char text[64];
	int i, n = (int)number(40);

	if (fd < 0)
		return;
	for (i = 0; i < n; i++)
		if (write(fd, text,
			(size_t)snprintf(
			    text, sizeof(text), "line %u\n", number(1000))) < 0)
			break;
	close(fd);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
remove_all(const char *path)
{
	if (path && strcmp(path, ".") != 0)
		nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
set_time(const char *path)
{
	struct timespec t[2] = { { 0, UTIME_OMIT },
		{ 1000000000 + number(100000000), number(1000000000) } };

	utimensat(AT_FDCWD, path, t, AT_SYMLINK_NOFOLLOW);
}

/* Other content with size and time kept. */
static void
change_unseen(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
	char c;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    pread(fd, &c, 1, 0) == 1) {
		c ^= 1;
		if (pwrite(fd, &c, 1, 0) == 1) {
			struct timespec t[2] = { st.st_atim, st.st_mtim };

			futimens(fd, t);
		}
	}
	close(fd);
}

static void
ignore(void)
{
	char path[2 * MAX_PATH];
	struct stat st;
	FILE *f;
	uint32_t i, n = 1 + number(4);

	snprintf(path, sizeof(path), "%s/.gitignore", some(true));
	if (number(4) == 0) {
		unlink(path);
		return;
	}
	/* in place, or under a new inode */
	if (number(2))
		unlink(path);
	/* a FIFO of that name would hold us up */
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return;
	f = fopen(path, number(3) ? "w" : "a");
	for (i = 0; f && i < n; i++)
		fprintf(f, "%s\n", patterns[number(COUNT(patterns))]);
	if (f)
		fclose(f);
}

static void
sparse(const char *path)
{
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0644);

	if (fd < 0)
		return;
	if (ftruncate(fd, 65536 * (1 + (off_t)number(4))) == 0 && number(2) &&
	    pwrite(fd, "data", 4, 8192) != 4)
		remove(path);
	close(fd);
}

static void
make_socket(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		return;
	if (strlen(path) < sizeof(a.sun_path)) {
		memcpy(a.sun_path, path, strlen(path) + 1);
		if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
			perror("bind");
	}
	close(fd);
}

/* git itself, so that its index changes too. `%s` is a path. */
static void
git(const char *format, const char *path)
{
	char command[3 * MAX_PATH];

	setenv("P", path ? path : ".", 1);
	snprintf(command, sizeof(command), "(%s) >/dev/null 2>&1 || :", format);
	/* NOLINTNEXTLINE(bugprone-command-processor,cert-env33-c) */
	if (system(command) < 0)
		perror("system");
}

static void
with_git(void)
{
	static const char *const commands[] = { "git add -- \"$P\"",
		"git add -f -- \"$P\"", "git add -A", "git commit -qam x",
		"git rm -rq --cached -- \"$P\"", "git reset -q",
		"git reset -q --hard", "git stash -q", "git checkout -q -- .",
		"git add -N -- \"$P\"",
		"git update-index --assume-unchanged -- \"$P\"",
		"git update-index --skip-worktree -- \"$P\"",
		"git update-index --no-skip-worktree -- \"$P\"",
		"echo '*.b' >>.git/info/exclude", ": >.git/info/exclude" };

	git(commands[number(COUNT(commands))], some(number(2)));
}

static void
nested(void)
{
	static const char *const commands[] = { "git init -q \"$P\"",
		"git init -q \"$P\" && cd \"$P\" && "
		"git commit -q --allow-empty -m x",
		"test \"$P\" = . || { cd \"$P\" && rm -rf .git; }",
		"test \"$P\" = . || { cd \"$P\" && rm -f .git/HEAD; }",
		"test \"$P\" = . || { cd \"$P\" && test -d .git && "
		"git commit -q --allow-empty -m x; }" };

	git(commands[number(COUNT(commands))], some(true));
}

static void
change_kind(const char *path)
{
	if (path == NULL)
		return;
	remove_all(path);
	switch (number(5)) {
	case 0:
		mkdir(path, 0755);
		break;
	case 1:
		put(path, 0);
		break;
	case 2:
		if (symlink(names[number(COUNT(names))], path) < 0)
			return;
		break;
	case 3:
		mkfifo(path, 0644);
		break;
	default:
		make_socket(path);
	}
}

static void
swap(const char *a, const char *b)
{
	if (a && b && rename(a, "swapped") == 0) {
		rename(b, a);
		rename("swapped", b);
	}
}

static void
change_owner(const char *path)
{
	static const char *const modes[] = { "0644", "0600", "0755", "0700",
		"04755", "02755", "0444", "01777" };

	if (number(3) == 0 && lchown(path, number(3), number(3)) == 0)
		return;
	chmod(path, (mode_t)strtoul(modes[number(COUNT(modes))], NULL, 8));
}

static void
edit_more(uint32_t what)
{
	const char *file = some(false), *path;

	switch (what) {
	case 0:
		if (file && link(file, place()) == 0)
			return;
		break;
	case 1:
		path = some(number(2));
		if (path && number(2))
			setxattr(path, "user.note", &state, number(8), 0);
		else if (path)
			removexattr(path, "user.note");
		break;
	case 2:
		if (symlink(names[number(COUNT(names))], place()) == 0)
			return;
		break;
	case 3:
		sparse(place());
		break;
	case 4:
		swap(some(true), some(true));
		break;
	case 5:
		swap(some(false), some(false));
		break;
	case 6:
		nested();
		break;
	case 7:
		change_kind(some(number(2)));
		break;
	default:
		with_git();
	}
}

static void
edit(void)
{
	const char *file = some(false), *path;
	uint32_t what = number(30);

	switch (what) {
	case 0:
	case 1:
	case 2:
	case 24:
	case 25:
	case 26:
		put(place(), 0);
		break;
	case 27:
	case 28:
		mkdir(place(), 0755);
		break;
	case 3:
		if (file)
			put(file, O_TRUNC);
		break;
	case 4:
		if (file)
			put(file, O_APPEND);
		break;
	case 5:
		if (file)
			change_unseen(file);
		break;
	case 6:
		if (file)
			unlink(file);
		break;
	case 7:
		mkdir(place(), 0755);
		break;
	case 8:
		if (number(3) == 0)
			remove_all(some(true));
		break;
	case 9:
		path = some(number(2));
		if (path && strcmp(path, ".") != 0)
			rename(path, place());
		break;
	case 10:
		path = some(number(2));
		if (path)
			change_owner(path);
		break;
	case 11:
		path = some(number(2));
		if (path)
			set_time(path);
		break;
	case 12:
	case 13:
		ignore();
		break;
	default:
		edit_more(what - 14);
	}
}

int
cmd_edit(int argc, char **argv)
{
	long n;

	if (argc != 3)
		return 129;
	state = strtoull(argv[1], NULL, 10) * 2654435761u + 1;
	for (n = strtol(argv[2], NULL, 10); n > 0; n--) {
		all.n = 0;
		list(".");
		edit();
	}
	return 0;
}
