#include "replica/replica_name.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"

#define DIGITS 10 /* of a number; sorted as text they are in order */
#define FRONT  GV_REPLICA_PACKS "pack-"

void
gv_replica_name_pack(struct gv_buf *out,
    const unsigned char sum[GV_REPLICA_SUM], const char *ext, bool is_encrypted)
{
	char hex[GV_REPLICA_SUM_HEX + 1];

	gv_enc_hex(hex, sum, GV_REPLICA_SUM);
	gv_buf_addf(out, FRONT "%s.%s%s", hex, ext, is_encrypted ? ".age" : "");
}

void
gv_replica_name_manifest(struct gv_buf *out, const char *host, uint64_t seq)
{
	gv_buf_addf(
	    out, GV_REPLICA_MANIFESTS "%s/%0*" PRIu64, host, DIGITS, seq);
}

bool
gv_replica_name_is_pack(
    unsigned char sum[GV_REPLICA_SUM], bool *is_index, const char *name)
{
	const size_t front = strlen(FRONT);
	const char *ext;

	if (strncmp(name, FRONT, front) != 0 ||
	    strlen(name) < front + GV_REPLICA_SUM_HEX ||
	    gv_enc_unhex(sum, name + front, GV_REPLICA_SUM) < 0)
		return false;
	ext = name + front + GV_REPLICA_SUM_HEX;
	*is_index = strncmp(ext, ".idx", 4) == 0;
	if (!*is_index && strncmp(ext, ".pack", 5) != 0)
		return false;
	ext += *is_index ? 4 : 5;
	return *ext == '\0' || strcmp(ext, ".age") == 0;
}

bool
gv_replica_name_is_manifest(
    char host[GV_REPLICA_HOST_MAX + 1], uint64_t *seq, const char *name)
{
	const size_t front = strlen(GV_REPLICA_MANIFESTS);
	const char *slash, *p;

	if (strncmp(name, GV_REPLICA_MANIFESTS, front) != 0)
		return false;
	name += front;
	slash = strchr(name, '/');
	if (slash == NULL || slash - name > GV_REPLICA_HOST_MAX ||
	    strlen(slash + 1) != DIGITS)
		return false;
	memcpy(host, name, (size_t)(slash - name));
	host[slash - name] = '\0';
	*seq = 0;
	for (p = slash + 1; *p >= '0' && *p <= '9'; p++)
		*seq = *seq * 10 + (uint64_t)(*p - '0');
	return *p == '\0' && *seq > 0 && gv_replica_name_is_host(host);
}

static bool
may_stand(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
	    c == '-';
}

void
gv_replica_name_host(struct gv_buf *out, const char *host)
{
	size_t n = 0;
	char c;

	for (; *host && n < GV_REPLICA_HOST_MAX; host++, n++) {
		c = *host >= 'A' && *host <= 'Z' ? (char)(*host - 'A' + 'a')
						 : *host;
		/* no part of a name begins with a dot */
		gv_buf_addch(
		    out, may_stand(c) && (n > 0 || c != '.') ? c : '-');
	}
	if (n == 0)
		gv_buf_addstr(out, "localhost");
}

bool
gv_replica_name_is_host(const char *host)
{
	const char *p;

	for (p = host; may_stand(*p); p++)
		;
	return *p == '\0' && p > host && p - host <= GV_REPLICA_HOST_MAX &&
	    *host != '.';
}
