#ifndef SCRATCH_H
#define SCRATCH_H
/*
 * A directory for one test, the current one while it runs, gone after it; a
 * shell to set things up in it; git's surroundings made neutral.
 *
 *	cmocka_unit_test_setup_teardown(name, scratch_enter, scratch_leave)
 *	…
 *	sh("git init -q r && cd r && git commit -q --allow-empty -m x");
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scratch {
	char start[4096];
	char dir[4096];
};

static inline void
sh(const char *command)
{
	/* NOLINTNEXTLINE(bugprone-command-processor,cert-env33-c) */
	if (system(command) != 0)
		fail_msg("this failed: %s", command);
}

static inline void
scratch_neutral_git(void)
{
	static const char *const unset[] = { "GIT_DIR", "GIT_WORK_TREE",
		"GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX",
		"GIT_QUARANTINE_PATH", "GIT_COMMON_DIR",
		"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG_PARAMETERS",
		"GIT_CONFIG_COUNT" };
	size_t i;

	for (i = 0; i < sizeof(unset) / sizeof(unset[0]); i++)
		unsetenv(unset[i]);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_AUTHOR_NAME", "A U Thor", 1);
	setenv("GIT_AUTHOR_EMAIL", "author@example.com", 1);
	setenv("GIT_COMMITTER_NAME", "C O Mitter", 1);
	setenv("GIT_COMMITTER_EMAIL", "committer@example.com", 1);
}

static inline int
scratch_enter(void **state)
{
	struct scratch *s = calloc(1, sizeof(*s));
	char path[] = "/tmp/git-vault-unit-XXXXXX";

	if (s == NULL || getcwd(s->start, sizeof(s->start)) == NULL ||
	    mkdtemp(path) == NULL || chdir(path) < 0 ||
	    getcwd(s->dir, sizeof(s->dir)) == NULL)
		return -1;
	scratch_neutral_git();
	setenv("HOME", s->dir, 1);
	setenv("XDG_CONFIG_HOME", s->dir, 1);
	setenv("GIT_CEILING_DIRECTORIES", s->dir, 1);
	sh("git config --global init.defaultBranch main && "
	   "git config --global protocol.file.allow always");
	*state = s;
	return 0;
}

static inline int
scratch_leave(void **state)
{
	struct scratch *s = *state;

	if (s == NULL || chdir(s->start) < 0 ||
	    setenv("SCRATCH", s->dir, 1) < 0)
		return -1;
	sh("chmod -R u+rwX \"$SCRATCH\" 2>/dev/null; rm -rf \"$SCRATCH\"");
	free(s);
	return 0;
}

static inline void
scratch_chdir(const char *dir)
{
	if (chdir(dir) < 0)
		fail_msg("cannot enter %s", dir);
}

#define SCRATCH_TEST(f)                                                        \
	cmocka_unit_test_setup_teardown(f, scratch_enter, scratch_leave)

#endif
