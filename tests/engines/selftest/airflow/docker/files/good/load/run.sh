#!/bin/sh
echo {{ x }}
