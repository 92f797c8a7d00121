#ifndef GV_SEGMENT_INTERNAL_H
#define GV_SEGMENT_INTERNAL_H
/*
 * The bytes of a segment, for its reader and its writer alone. Numbers are in
 * network order:
 *
 *	8 bytes		"GVGRAMS1"
 *	3 * 4 bytes	how many families, contents, blocks
 *	12 bytes each	families: the hash of the path, the first content
 *	24 bytes each	contents: the id, the length (0xffffffff: no text)
 *	8 bytes each	blocks: the first gram, where its postings begin
 *	…		postings, see segment.c
 *	4 bytes		CRC-32 of all before
 */

#define SEGMENT_MAGIC       "GVGRAMS1"
#define SEGMENT_HEAD        12
#define SEGMENT_FAMILY      12
#define SEGMENT_DOC         24
#define SEGMENT_BLOCK       8
#define SEGMENT_BLOCK_GRAMS 32
#define SEGMENT_NO_TEXT     UINT32_C(0xffffffff)

#endif
