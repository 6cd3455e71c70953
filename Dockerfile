# Wardline in one image; what a container does is set by ROLES (see README.md, "Settings").
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Not `npm ci`: see scripts/setup.mjs. The lock file pins all the same.
RUN npm install --no-save --no-audit --no-fund
COPY . .
RUN npx vite build --config dashboard/web/vite.config.ts

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production DATA_DIR=/data
COPY package.json package-lock.json ./
RUN npm install --no-save --no-audit --no-fund --omit=dev && npm cache clean --force
COPY . .
COPY --from=build /app/dashboard/web/dist ./dashboard/web/dist
RUN mkdir /data && chown node:node /data
USER node
EXPOSE 8080 5055 5015 5093 8081
HEALTHCHECK --interval=10s --timeout=10s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--disable-warning=ExperimentalWarning", "src/main.ts", "start"]
