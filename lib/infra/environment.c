#include "infra/environment.h"

#include <string.h>
#include <strings.h>

struct span {
	const char *p;
	size_t len;
};

#define WORD(text)                                                             \
	{                                                                      \
		(text), sizeof(text) - 1                                       \
	}

/* `is_weak`: what means much else, too. Without a name: what files of several
 * environments differ in as well, but is none. */
static const struct {
	struct span word;
	const char *name;
	bool is_weak;
} spellings[] = {
	{ WORD("dev"), "dev", false },
	{ WORD("devel"), "dev", false },
	{ WORD("development"), "dev", false },
	{ WORD("test"), "test", true },
	{ WORD("tst"), "test", false },
	{ WORD("testing"), "test", true },
	{ WORD("qa"), "qa", false },
	{ WORD("uat"), "uat", false },
	{ WORD("staging"), "staging", false },
	{ WORD("stage"), "staging", false },
	{ WORD("stg"), "staging", false },
	{ WORD("preprod"), "preprod", false },
	{ WORD("preproduction"), "preprod", false },
	{ WORD("preprd"), "preprod", false },
	{ WORD("nonprod"), "nonprod", false },
	{ WORD("nonproduction"), "nonprod", false },
	{ WORD("nonprd"), "nonprod", false },
	{ WORD("notprod"), "nonprod", false },
	{ WORD("notproduction"), "nonprod", false },
	{ WORD("prod"), "prod", false },
	{ WORD("prd"), "prod", false },
	{ WORD("production"), "prod", false },
	{ WORD("dr"), "dr", true },
	{ WORD("demo"), "demo", true },
	{ WORD("sandbox"), "sandbox", true },
	{ WORD("integration"), NULL, false },
	{ WORD("int"), NULL, false },
	{ WORD("canary"), NULL, false },
	{ WORD("perf"), NULL, false },
	{ WORD("ci"), NULL, false },
	{ WORD("local"), NULL, false },
	{ WORD("eu"), NULL, false },
	{ WORD("us"), NULL, false },
};

#define SPELLINGS (sizeof(spellings) / sizeof(spellings[0]))

/* Folders whose members are environments. */
static const char *const homes[] = { "env", "envs", "environment",
	"environments", "overlay", "overlays", "stage", "stages", "stack",
	"stacks", "workspace", "workspaces", "terraform.tfstate.d", "inventory",
	"inventories", "group_vars", "host_vars", "tfvars", NULL };

/* What the name of a file of settings begins or ends with. */
static const char *const settings[] = { "env", "values", "appsettings",
	"compose", "docker", "tfvars", NULL };

/* What stands between an environment and the end of a name. */
static const char *const middles[] = { "auto", "local", "override", "enc",
	"sops", "tfvars", "yaml", "yml", "json", NULL };

static bool
is_one_of(const char *const *words, struct span s)
{
	for (; *words; words++)
		if (strlen(*words) == s.len &&
		    strncasecmp(*words, s.p, s.len) == 0)
			return true;
	return false;
}

static bool
is_between_words(char c)
{
	return c == '.' || c == '-' || c == '_' || c == ' ';
}

/* Prefixes that make another environment of the word after them: "non-prod" is
 * never prod. */
static const char *const negations[] = { "non", "not", "pre", NULL };

#define NEGATION 3 /* letters of each prefix */

/* Whether the two are equal, apart from a separator after a prefix: non-prod.
 */
static bool
is_spelled(struct span word, struct span s)
{
	size_t i, n = 0;

	for (i = 0; i < s.len; i++) {
		if (is_between_words(s.p[i]) && n == NEGATION &&
		    is_one_of(negations, (struct span){ s.p, n }))
			continue;
		if (n == word.len || strncasecmp(&word.p[n], &s.p[i], 1) != 0)
			return false;
		n++;
	}
	return n == word.len;
}

/* Its number, or SPELLINGS where it is none. */
static size_t
find(struct span s)
{
	size_t i;

	for (i = 0; i < SPELLINGS; i++)
		if (spellings[i].word.len <= s.len &&
		    is_spelled(spellings[i].word, s))
			break;
	return i;
}

static const char *
name_of(struct span s, bool may_be_weak)
{
	size_t i = find(s);

	return i < SPELLINGS && (may_be_weak || !spellings[i].is_weak)
	    ? spellings[i].name
	    : NULL;
}

bool
gv_environment_is_word(const char *word, size_t len)
{
	return find((struct span){ word, len }) < SPELLINGS;
}

/* The part of a path in front of `end`; false where there is none. */
static bool
part_before(struct span *part, const char *path, const char *end)
{
	while (end > path && end[-1] == '/')
		end--;
	part->p = end;
	while (part->p > path && part->p[-1] != '/')
		part->p--;
	part->len = (size_t)(end - part->p);
	return part->len > 0;
}

/* The start of the word that ends at `end`. */
static const char *
word_start(struct span s, const char *end)
{
	while (end > s.p && !is_between_words(end[-1]))
		end--;
	return end;
}

/* The same, with a prefix such as "non-". */
static const char *
start_of(struct span s, const char *end)
{
	const char *p = word_start(s, end), *before;

	if (p == s.p ||
	    find((struct span){ p, (size_t)(end - p) }) == SPELLINGS)
		return p;
	before = word_start(s, p - 1);
	return is_one_of(
		   negations, (struct span){ before, (size_t)(p - 1 - before) })
	    ? before
	    : p;
}

/* The n-th word from the end, 0 being the last; empty where there is none. */
static struct span
word_from_end(struct span s, size_t n)
{
	const char *end = s.p + s.len, *p;

	for (;; end = p - 1) {
		p = start_of(s, end);
		if (n-- == 0)
			return (struct span){ p, (size_t)(end - p) };
		if (p == s.p)
			return (struct span){ p, 0 };
	}
}

static struct span
first_word(struct span s)
{
	size_t len = 0;

	while (s.len && is_between_words(*s.p)) {
		s.p++;
		s.len--;
	}
	while (len < s.len && !is_between_words(s.p[len]))
		len++;
	if (!is_one_of(negations, (struct span){ s.p, len }))
		return (struct span){ s.p, len };
	for (len += len < s.len; len < s.len && !is_between_words(s.p[len]);)
		len++;
	return (struct span){ s.p, len };
}

static const char *
of_file(struct span file, bool is_home)
{
	struct span first = first_word(file), last = word_from_end(file, 0);
	bool weak =
	    is_home || is_one_of(settings, first) || is_one_of(settings, last);
	const char *name = name_of(last, weak);

	if (name == NULL)
		name = name_of(word_from_end(file, 1), weak);
	if (name == NULL && is_one_of(middles, word_from_end(file, 1)))
		name = name_of(word_from_end(file, 2), weak);
	return name;
}

static const char *
of_folder(struct span folder, bool may_be_weak)
{
	const char *name = name_of(word_from_end(folder, 0), may_be_weak);

	return name ? name : name_of(first_word(folder), may_be_weak);
}

const char *
gv_environment_of(const char *path)
{
	static const char devices[] = "/dev/";
	const char *of_home = NULL, *whole = NULL, *of_word = NULL, *name;
	struct span file, folder, home;
	const char *at;
	bool is_home;

	/* whose files are devices, and memory: /dev/stdin, /dev/shm/work */
	if (strncmp(path, devices, strlen(devices)) == 0)
		path += strlen(devices);
	if (!part_before(&file, path, path + strlen(path)))
		return NULL;
	is_home = part_before(&home, path, file.p) && is_one_of(homes, home);
	if (is_home && (name = of_file(file, true)))
		return name;
	for (at = file.p; part_before(&folder, path, at); at = folder.p) {
		if (of_home == NULL && part_before(&home, path, folder.p) &&
		    is_one_of(homes, home))
			of_home = of_folder(folder, true);
		if (whole == NULL)
			whole = name_of(folder, false);
		if (of_word == NULL)
			of_word = of_folder(folder, false);
	}
	if (of_home || whole)
		return of_home ? of_home : whole;
	name = of_file(file, false);
	return name ? name : of_word;
}
