/* The key of ids as it stands in a file or an environment, and the names that
 * are made by one: what is read is written the same, but for large digits. */
#include "fuzz.h"

#include <strings.h>

#include "base/err.h"
#include "key/idkey.h"

static void
read_file(const uint8_t *data, size_t len)
{
	struct gv_idkey key, same;
	char again[GV_IDKEY_FILE];
	int r = gv_idkey_read(&key, data, len);

	must(r == 0 || r == GV_ECORRUPT);
	if (r < 0)
		return;
	gv_idkey_write(again, &key);
	must(len == sizeof(again) &&
	    strncasecmp(again, (const char *)data, len) == 0);
	gv_idkey_set(&same, key.bytes);
	must(strcmp(same.name, key.name) == 0);
}

static void
read_text(const char *text)
{
	struct gv_idkey key = { .name = "" };
	struct gv_idkey_digest digest;
	char again[GV_IDKEY_TEXT + 1];

	(void)gv_idkey_read_digits(&key, text);
	if (gv_idkey_parse(&digest, key.name, text) < 0)
		return;
	gv_idkey_format(again, &key, &digest);
	must(strcasecmp(again, text) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	must(text != NULL);
	if (len)
		memcpy(text, data, len);
	text[len] = '\0';
	read_file(data, len);
	read_text(text);
	free(text);
	return 0;
}
