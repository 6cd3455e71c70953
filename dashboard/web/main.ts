import { createApp } from 'vue';
import App from './app.vue';
import { createRooms } from './rooms.ts';
import './styles/tokens.css';
import './styles/base.css';

createApp(App).use(createRooms()).mount('#app');
