#include "infra/sister.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

static const char *const environments[] = { "dev", "prod", "staging", "test",
	"qa", "uat", "stage", "stg", "prd", "development", "production",
	"testing", "preprod", "sandbox", "integration", "int", "demo", "dr",
	"canary", "perf", "ci", "local", "eu", "us", NULL };

static bool
is_environment(const char *word, size_t len)
{
	size_t i;

	if (len < 2 || len > 11)
		return false;
	for (i = 0; environments[i]; i++)
		if (environments[i][0] == word[0] &&
		    strlen(environments[i]) == len &&
		    memcmp(environments[i], word, len) == 0)
			return true;
	return false;
}

static bool
is_separator(char c)
{
	return c == '/' || c == '.' || c == '-' || c == '_';
}

void
gv_sister_fold(struct gv_buf *out, const char *path, size_t len)
{
	size_t i = 0, start;

	while (i < len) {
		for (start = i; i < len && !is_separator(path[i]); i++)
			;
		if (is_environment(path + start, i - start))
			gv_buf_addch(out, '\1');
		else
			gv_buf_add(out, path + start, i - start);
		if (i < len)
			gv_buf_addch(out, path[i++]);
	}
}
