#include "infra/class.h"

#include <stdbool.h>
#include <string.h>

#include "base/glob.h"
#include "infra/makeup.h"

const char *const gv_class_words[GV_CLASSES + 1] = { "critical", "normal",
	"low", NULL };

enum gv_class
gv_class_find(const char *word, size_t len)
{
	int i;

	for (i = 0; i < GV_CLASSES; i++)
		if (strlen(gv_class_words[i]) == len &&
		    memcmp(gv_class_words[i], word, len) == 0)
			break;
	return (enum gv_class)i;
}

/* Lock files are generated, too, but a build cannot be repeated without. */
static const char *const low[] = { "*.log", "*.log.[0-9]*", "*.tmp", "*.pid",
	"*.out", "*.min.js", "*.min.css", "*.map", "*.pb.go", "*_pb2.py",
	"*.png", "*.jpg", "*.jpeg", "*.gif", "*.webp", "*.ico", "*.mp3",
	"*.mp4", "*.mov", "*.wav", "*.pdf", "*.zip", "*.gz", "*.xz", "*.tar",
	"*.iso", NULL };

static const char *const tables[] = { "*.csv", "*.tsv", "*.svg", NULL };

static const char *const folders[] = { "fixtures", "testdata", "third_party",
	"vendor", NULL };

static bool
is_among(const char *const *patterns, const char *name, size_t len)
{
	for (; *patterns; patterns++)
		if (gv_glob_match(*patterns, strlen(*patterns), name, len, 0))
			return true;
	return false;
}

/* Whether one of the folders that the path is in has such a name. */
static bool
is_below(const char *const *names, const char *path, size_t len)
{
	const char *end = path + len, *slash;

	for (; (slash = memchr(path, '/', (size_t)(end - path))) != NULL;
	     path = slash + 1)
		if (is_among(names, path, (size_t)(slash - path)))
			return true;
	return false;
}

enum gv_class
gv_class_of(const char *path, size_t len, const char **why)
{
	const char *name = path + len, *none;

	if (why == NULL)
		why = &none;
	while (name > path && name[-1] != '/')
		name--;
	len -= (size_t)(name - path);
	*why = "logs, media and generated files";
	if (is_among(low, name, len))
		return GV_CLASS_LOW;
	*why = "prose and tables";
	if (is_among(tables, name, len) || gv_makeup_is_prose(name, len))
		return GV_CLASS_NORMAL;
	*why = "data of tests, and code of others";
	if (is_below(folders, path, (size_t)(name - path)))
		return GV_CLASS_NORMAL;
	*why = "code and configuration";
	return GV_CLASS_CRITICAL;
}
