#include "restore/large.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/enc.h"
#include "repo/repo.h"
#include "sys/entry.h"

#define HEX (2 * 32)

bool
gv_large_is_used(const struct gv_config *config)
{
	size_t i;

	for (i = 0; i < config->n; i++)
		if (strncmp(config->entries[i].key, "filter.lfs.", 11) == 0 ||
		    strncmp(config->entries[i].key, "filter.annex.", 13) == 0)
			return true;
	return false;
}

static bool
parse_hex(struct gv_large *out, const char *text)
{
	out->has_sha256 = strspn(text, "0123456789abcdef") >= HEX &&
	    gv_enc_unhex(out->sha256, text, sizeof(out->sha256)) == 0;
	return out->has_sha256;
}

static bool
parse_size(uint64_t *out, const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n > 0 && n < 19 && sscanf(text, "%" SCNu64, out) == 1;
}

/* Lines "KEY VALUE", of which the version is the first. */
static bool
parse_lfs(struct gv_large *out, const char *text)
{
	static const char version[] =
	    "version https://git-lfs.github.com/spec/v1\n";
	const char *oid, *size;

	if (strncmp(text, version, sizeof(version) - 1) != 0)
		return false;
	oid = strstr(text, "\noid sha256:");
	size = strstr(text, "\nsize ");
	out->is_lfs = true;
	return oid && size && parse_hex(out, oid + strlen("\noid sha256:")) &&
	    parse_size(&out->size, size + strlen("\nsize "));
}

/* "/annex/objects/SHA256E-s300--DIGEST.bin" */
static bool
parse_annex(struct gv_large *out, const char *text)
{
	static const char dir[] = "/annex/objects/";
	const char *key = text + sizeof(dir) - 1, *size, *name;

	if (strncmp(text, dir, sizeof(dir) - 1) != 0)
		return false;
	size = strstr(key, "-s");
	name = strstr(key, "--");
	if (size == NULL || name == NULL || size > name ||
	    !parse_size(&out->size, size + 2))
		return false;
	if (strncmp(key, "SHA256-", 7) == 0 || strncmp(key, "SHA256E-", 8) == 0)
		parse_hex(out, name + 2);
	return true;
}

bool
gv_large_parse(struct gv_large *out, const char *text, size_t len)
{
	char line[GV_LARGE_MAX + 1];

	memset(out, 0, sizeof(*out));
	if (len > GV_LARGE_MAX)
		return false;
	memcpy(line, text, len);
	line[len] = '\0';
	return parse_lfs(out, line) || parse_annex(out, line);
}

bool
gv_large_is_stored(const struct gv_repo *repo, const struct gv_large *large)
{
	const char *storage = gv_config_get(&repo->config, "lfs.storage");
	struct gv_buf path = GV_BUF_INIT;
	char hex[HEX + 1];
	struct stat st;
	bool is;

	if (!large->is_lfs)
		return false;
	gv_enc_hex(hex, large->sha256, sizeof(large->sha256));
	if (storage == NULL || *storage != '/')
		gv_buf_addf(&path, "%s/", repo->common_dir);
	gv_buf_addf(&path, "%s/objects/%.2s/%.2s/%s",
	    storage && *storage ? storage : "lfs", hex, hex + 2, hex);
	is = gv_buf_check(&path) == 0 &&
	    gv_entry_stat(AT_FDCWD, path.p, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size == large->size;
	gv_buf_release(&path);
	return is;
}
